import { createRng } from '@sedi/core'
import { embedders } from '@sedi/generators'
import { type Embedder, SediError } from '@sedi/spec'
import { createLimiter } from '@sedi/store'
import { describe, expect, it } from 'vitest'
import { configOf, createTestRun, newStore, scriptedTrainer, simulatedTeacher } from '../fixtures/harness.ts'
import type { RunOptions } from '../run-context.ts'
import { accountForEmbedders } from './accounted-embedder.ts'
import { createReservations } from './reserve.ts'
import type { RunEvent } from './run-events.ts'
import { decodeVectors, encodeVectors } from './vectors.ts'

type Scripted = Embedder & { readonly asked: string[][] }

/** Rows drawn from a stream named by the text; `before` may fail a send. */
function scriptedEmbedder(before: (send: number) => void = () => {}, change: Partial<Embedder> = {}): Scripted {
  const asked: string[][] = []
  return {
    specVersion: 1,
    provider: 'scripted',
    modelId: 'm',
    maxBatchSize: 3,
    bought: true,
    asked,
    async embed(texts) {
      asked.push([...texts])
      before(asked.length)
      const embeddings = texts.map((text) => {
        const rng = createRng(1, text)
        return Float32Array.from({ length: 4 }, () => rng.next())
      })
      return { embeddings, usage: { inputTokens: texts.length * 5 } }
    },
    ...change,
  }
}

const store = newStore()
let runs = 0

async function account(
  embedder: Embedder,
  options: { stop?: AbortSignal; maxCostNanoUsd?: number; price?: number; name?: string; maxAttempts?: number; events?: RunEvent[] } = {},
) {
  const name = options.name ?? `run-${runs++}`
  const run = options.name === undefined ? await createTestRun(store, name) : await store.open(name)
  const price = options.price === undefined ? undefined : { inputPerMTokUsd: options.price }
  const { maxCostNanoUsd } = options
  const runOptions: RunOptions = {
    config: configOf({ embedder: { id: 'openai', ...(price === undefined ? {} : { price }) }, limits: { maxAttempts: options.maxAttempts ?? 3 } }),
    adapters: { generator: await simulatedTeacher(), embedder, trainer: scriptedTrainer(), verifier: undefined, evaluators: [] },
    ledger: run.ledger,
    budget: run.budget({ maxCostNanoUsd }),
    limiter: createLimiter({ concurrency: 2 }),
    clock: Date.now,
    jitter: () => 0,
    stop: options.stop ?? new AbortController().signal,
    onProgress: () => {},
    onNotice: () => {},
    onEvent: (event) => void options.events?.push(event),
  }
  const { adapters, enterRound } = accountForEmbedders(runOptions, createReservations(runOptions.budget))
  return { name, run, enterRound, embed: async (texts: readonly string[]) => (await adapters.embedder.embed(texts)).embeddings }
}

const failure = (charged: 'none' | 'uncertain', retryable = true) =>
  new SediError('provider-response', 'the provider says no', { retryable, details: { charged, retryAfterMs: 1 } })

describe('accountForEmbedders', () => {
  it('buys each text once, in calls as large as the embedder takes, whoever asks when', async () => {
    const embedder = scriptedEmbedder()
    const { name, run, embed, enterRound } = await account(embedder, { price: 2 })
    const [first, again] = await Promise.all([embed(['a', 'b', 'a', 'c', 'd']), embed(['b', 'd'])])
    enterRound(2)
    const later = await embed(['e', 'a'])
    expect(embedder.asked).toEqual([['a', 'b', 'c'], ['d'], ['e']])
    expect(first[0]).toEqual(first[2])
    expect(again).toEqual([first[1], first[4]])
    expect(later[1]).toEqual(first[0])
    const facts = await run.ledger.find('embed-call')
    expect(facts.map(({ callId, round, costNanoUsd }) => [callId, round, costNanoUsd])).toEqual([
      ['r01-e0000', 1, 30_000],
      ['r01-e0001', 1, 10_000],
      ['r02-e0000', 2, 10_000],
    ])
    expect(await run.ledger.totals()).toMatchObject({ embedCalls: 3, settledNanoUsd: 50_000, attempts: 3, openAttempts: 0 })
    await run.close()

    const reopened = scriptedEmbedder()
    const second = await account(reopened, { name, price: 2 })
    expect(await second.embed(['a', 'b', 'a', 'c', 'd'])).toEqual(first)
    expect(reopened.asked).toEqual([])
    await second.embed(['f'])
    expect((await second.run.ledger.find('embed-call')).at(-1)?.callId).toBe('r01-e0002')
    await second.run.close()
  })

  it('does not mix the vectors of two models', async () => {
    const { name, run, embed } = await account(scriptedEmbedder())
    await embed(['a'])
    await run.close()
    const other = scriptedEmbedder(undefined, { modelId: 'm@256' })
    const second = await account(other, { name })
    await second.embed(['a'])
    expect(other.asked).toEqual([['a']])
    await second.run.close()
  })

  it('tries again what may succeed, and records what each try may have cost', async () => {
    const { run, embed } = await account(
      scriptedEmbedder((send) => {
        if (send <= 2) throw failure(send === 1 ? 'none' : 'uncertain')
      }),
      { price: 1 },
    )
    expect(await embed(['a'])).toHaveLength(1)
    const outcomes = await run.ledger.find('outcome')
    expect(outcomes.map(({ attempt, result, charged }) => [attempt, result, charged])).toEqual([
      [1, 'failed', 'none'],
      [2, 'failed', 'uncertain'],
      [3, 'answered', 'settled'],
    ])
    // One byte and the bound's margin.
    expect(outcomes[1]!.costNanoUsd).toBe((1 + 64 + 64) * 1000)
    await run.close()
  })

  it('gives up after maxAttempts, or at once on what is final, and can be asked again', async () => {
    const embedder = scriptedEmbedder((send) => {
      if (send <= 4) throw failure('none', send !== 4)
    })
    const events: RunEvent[] = []
    const { run, embed } = await account(embedder, { events })
    await expect(embed(['a'])).rejects.toMatchObject({ code: 'provider-response' })
    expect(embedder.asked).toHaveLength(3)
    await expect(embed(['a'])).rejects.toMatchObject({ retryable: false })
    expect(await embed(['a'])).toHaveLength(1)
    expect(events.map((event) => event.event === 'call.failed' && [event.call, event.attempt, event.retryInMs])).toEqual([
      ['r01-e0000', 1, 1],
      ['r01-e0000', 2, 1],
      ['r01-e0000', 3, null],
      ['r01-e0001', 1, null],
    ])
    expect((await run.ledger.find('attempt')).map(({ callId, attempt }) => `${callId}/${attempt}`)).toEqual([
      'r01-e0000/1',
      'r01-e0000/2',
      'r01-e0000/3',
      'r01-e0001/1',
      'r01-e0002/1',
    ])
    await run.close()
  })

  it('sends nothing that the budget does not cover', async () => {
    const embedder = scriptedEmbedder()
    const { run, embed } = await account(embedder, { price: 1, maxCostNanoUsd: 128_999 })
    await expect(embed(['a'])).rejects.toMatchObject({ code: 'budget-exhausted' })
    expect([embedder.asked, await run.ledger.find('attempt')]).toEqual([[], []])
    await run.close()
  })

  it('sends nothing once it is stopped', async () => {
    const embedder = scriptedEmbedder()
    const { run, embed } = await account(embedder, { stop: AbortSignal.abort() })
    await expect(embed(['a'])).rejects.toMatchObject({ code: 'aborted' })
    expect(embedder.asked).toEqual([])
    await run.close()
  })

  it('takes nothing for an answer that is none', async () => {
    for (const embeddings of [[], [new Float32Array(0)], [new Float32Array(1), new Float32Array(1)]]) {
      const { run, embed } = await account(scriptedEmbedder(undefined, { embed: async () => ({ embeddings, usage: {} }) }), { maxAttempts: 1 })
      await expect(embed(['a'])).rejects.toMatchObject({ code: 'provider-response', details: { charged: 'uncertain' } })
      expect(await run.ledger.find('embed-call')).toEqual([])
      await run.close()
    }
  })

  it('counts the most it may have cost when nobody counted, and nothing at an unknown price', async () => {
    const silent = scriptedEmbedder(undefined, { embed: async () => ({ embeddings: [new Float32Array(1)], usage: {} }) })
    const priced = await account(silent, { price: 1 })
    await priced.embed(['a'])
    expect((await priced.run.ledger.find('embed-call'))[0]!.costNanoUsd).toBe(129_000)
    await priced.run.close()
    const unpriced = await account(silent)
    await unpriced.embed(['a'])
    expect(await unpriced.run.ledger.totals()).toMatchObject({ unpricedCalls: 1, settledNanoUsd: 0 })
    await unpriced.run.close()
  })

  it('leaves free embedders as they are', async () => {
    const lexical = await embedders.lexical.createEmbedder({ dimensions: 8 }, { credentials: {}, timeoutMs: 1000 })
    const { run, embed } = await account(lexical)
    expect(await embed(['a b', 'a c'])).toEqual((await lexical.embed(['a b', 'a c'])).embeddings)
    expect(await run.ledger.find('attempt')).toEqual([])
    await run.close()
  })
})

it('vectors come back bit by bit', () => {
  const rows = [Float32Array.from([1, -0, 1e-40]), Float32Array.from([1 / 3, 3.4e38, -1.5])]
  expect(decodeVectors(encodeVectors(rows), 3)).toEqual(rows)
  expect(encodeVectors([Float32Array.from([1, 2])])).toBe('AACAPwAAAEA=')
})
