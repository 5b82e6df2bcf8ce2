import { setPriority } from 'node:os'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { compareRuns, diversityMap, openStore, shadowBaseline, whatIf } from '@sedi/kit'
import type { FactKind, FactOf, Ledger, Recorded } from '@sedi/spec'
import { plainError } from '../plain-error.ts'
import { createOpenLedgers } from '../runs/open-ledgers.ts'
import type { AnalysisKinds, AnalysisMessage, AnalysisName, AnalysisRequest, Shadow } from './analysis-messages.ts'

// A process for analyses, one after the other: one that takes long gives way to runs on the same machine, and it can be ended at any time.

const say = (message: AnalysisMessage): Promise<void> => new Promise((resolve) => process.send!(message, () => resolve()))

type Ledgers = ReturnType<typeof createOpenLedgers>
type Tell = (share: number, value?: unknown) => void

const thresholds = [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95]
/** Texts replayed at every threshold: first few, to have something to show soon, then as many as take some minutes. */
const [fewTexts, manyTexts] = [10_000, 100_000]

const analyses: {
  readonly [N in AnalysisName]: (ask: AnalysisKinds[N]['ask'], ledgers: Ledgers, tell: Tell, storeAddress: string) => Promise<AnalysisKinds[N]['answer']>
} = {
  shadow: ({ run }, ledgers) => ledgers.use(run, (ledger) => shadowOf(inTurns(ledger))),
  thresholds: ({ run }, ledgers, tell) =>
    ledgers.use(run, async (whole) => {
      const ledger = inTurns(whole)
      const first = await whatIf(ledger, { thresholds, most: fewTexts, onProgress: (share) => tell(0.1 * share) })
      if (first.sampled === null) return first
      tell(0.1, first)
      return whatIf(ledger, { thresholds, most: manyTexts, onProgress: (share) => tell(0.1 + 0.9 * share) })
    }),
  map: ({ run, points }, ledgers, tell) => ledgers.use(run, (ledger) => diversityMap(ledger, { points, onProgress: tell })),
  compare: ({ runs, diversity, unfinished }, ledgers, _, storeAddress) =>
    using(ledgers, runs, async (opened) => {
      const store = openStore({ store: storeAddress })
      const held = await Promise.all(runs.map((run) => store.isHeld(run)))
      return compareRuns(opened.map(inTurns), { diversity, unfinished, held })
    }),
}

/** The same ledger; whoever reads all of it lets the process hear now and then that it is to end. */
function inTurns(ledger: Ledger): Ledger {
  async function* scan<K extends FactKind>(kind: K, where?: Partial<FactOf<K>>, after?: number): AsyncGenerator<Recorded<FactOf<K>>> {
    let read = 0
    for await (const fact of ledger.scan(kind, where, after)) {
      if (++read % 500 === 0) await nextTurn()
      yield fact
    }
  }
  return { ...ledger, runId: ledger.runId, scan }
}

async function shadowOf(ledger: Ledger): Promise<Shadow> {
  const { kept } = await ledger.totals()
  return { ...(await shadowBaseline(ledger)), keptThen: kept }
}

async function using<T>(ledgers: Ledgers, runs: readonly string[], work: (opened: readonly Ledger[]) => Promise<T>): Promise<T> {
  const held = []
  try {
    for (const run of runs) held.push(await ledgers.hold(run))
    return await work(held.map(({ ledger }) => ledger))
  } finally {
    for (const one of held) one.release()
  }
}

/** Words about progress are sent this often at most. */
const tellEveryMs = 200

/** One that has grown beyond this takes no other analysis: its memory ends with it. */
const mostBytes = 512 * 1024 * 1024

/** Who is done by then is not held up by whatever else the machine does; what takes longer has the lowest claim to it from then on. */
const promptMs = 3000
const lowPriority = 10

let opened: Ledgers | undefined

async function make({ analysis, ask, storeAddress }: AnalysisRequest): Promise<void> {
  opened ??= createOpenLedgers(openStore({ store: storeAddress }), storeAddress)
  let toldAt = 0
  const tell: Tell = (share, value) => {
    if (value === undefined && Date.now() - toldAt < tellEveryMs) return
    toldAt = Date.now()
    void say({ type: 'progress', share, value })
  }
  let gaveWay = false
  const late = setTimeout(() => {
    setPriority(lowPriority)
    gaveWay = true
  }, promptMs)
  // A priority that was given up cannot be had back.
  const goesOn = (): boolean => !gaveWay && process.memoryUsage.rss() < mostBytes
  try {
    const work = analyses[analysis] as (ask: unknown, ledgers: Ledgers, tell: Tell, storeAddress: string) => Promise<unknown>
    const value = await work(ask, opened, tell, storeAddress)
    await say({ type: 'done', value, goesOn: goesOn() })
  } catch (thrown) {
    await say({ type: 'error', error: plainError(thrown), goesOn: goesOn() })
  } finally {
    clearTimeout(late)
  }
}

process.on('message', (request: AnalysisRequest) => void make(request))
// Without the server nobody waits for an answer.
process.once('disconnect', () => process.exit())
