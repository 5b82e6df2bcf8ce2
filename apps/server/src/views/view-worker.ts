import { parentPort, workerData } from 'node:worker_threads'
import { explain, instructionDetail, lineageOf, openStore, overviewOf, trainingView } from '@sedi/kit'
import { plainError } from '../plain-error.ts'
import { createOpenLedgers } from '../runs/open-ledgers.ts'
import { createOpenBooks, type OpenBook } from './open-books.ts'
import { pageOf } from './page-of.ts'
import type { RunAge, ViewName, ViewReply, ViewRequest, ViewSettings, Views } from './view-messages.ts'

// The thread that reads ledgers for pages, so that the one that answers requests is never held up by a run of a million instructions.

const { storeAddress } = workerData as ViewSettings
const port = parentPort!
const store = openStore({ store: storeAddress })
const books = createOpenBooks(createOpenLedgers(store, storeAddress))

/** How long a page waits for what is still being counted; after it the answer says that it is not complete. */
const withinMs = 500

type View<N extends ViewName> = (ask: Views[N]['ask']) => Promise<Views[N]['answer']>

const views: { readonly [N in ViewName]: View<N> } = {
  list: () => store.list(),
  async overview({ run }) {
    const { book } = await books.of(run)
    return overviewOf(book, { held: await store.isHeld(run), now: Date.now(), withinMs })
  },
  rows: async ({ run, ...query }) => JSON.stringify(await (await books.of(run)).lists.rows(query, withinMs)),
  instruction: async ({ run, id }) => JSON.stringify(await instructionDetail((await books.of(run)).ledger, id)),
  explain: async ({ run, id }) => JSON.stringify(await explain((await books.of(run)).ledger, id)),
  async training({ run, points }) {
    const { ledger, kept } = await books.of(run)
    return kept(`training ${points}`, await trainingStamp(ledger), async () => JSON.stringify(await trainingView(ledger, points)))
  },
  async lineage({ run, focus, depth }) {
    const { ledger, kept } = await books.of(run)
    const { raw, steps, seedsPromoted, seedsEvicted } = await ledger.totals()
    const stamp = `${raw} ${steps} ${seedsPromoted} ${seedsEvicted}`
    return kept(`lineage ${depth} ${focus ?? ''}`, stamp, async () => JSON.stringify(await lineageOf(ledger, { focus, depth })))
  },
  page: async ({ run, ...query }) => JSON.stringify(await pageOf((await books.of(run)).ledger, query)),
  age: async ({ run }) => ageOf((await books.of(run)).ledger),
}

async function trainingStamp(ledger: OpenBook['ledger']): Promise<string> {
  const { steps, batches, seedsPromoted } = await ledger.totals()
  return `${steps} ${batches} ${seedsPromoted}`
}

async function ageOf(ledger: OpenBook['ledger']): Promise<RunAge> {
  const [run] = await ledger.find('run')
  const state = (await ledger.find('run-state')).at(-1)?.state
  const { raw } = await ledger.totals()
  return { born: `${run?.createdAt ?? 0} ${run?.fingerprint ?? ''}`, raw, digest: await ledger.digest(), isOver: state === 'done' || state === 'cancelled' }
}

async function answer({ id, view, ask }: ViewRequest): Promise<ViewReply> {
  try {
    return { id, ok: true, value: await (views[view] as (ask: unknown) => Promise<unknown>)(ask) }
  } catch (thrown) {
    return { id, ok: false, error: plainError(thrown) }
  }
}

port.on('message', (request: ViewRequest | 'close') => {
  if (request === 'close') return void books.close().finally(() => port.close())
  void answer(request).then((reply) => port.postMessage(reply))
})
