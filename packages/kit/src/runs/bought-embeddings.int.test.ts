import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FakeProvider, readBook, startFakeProvider } from '@sedi/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { smallConfig } from '../fixtures/small-run.ts'
import { createRun, openRun } from './open-run.ts'
import { openStore } from './open-store.ts'
import { reportRun } from './run-report.ts'

// A whole run whose instructions are embedded by a provider over real HTTP. Its book, kept by another process, says what it was paid.
const stop = new AbortController().signal
const folder = mkdtempSync(join(tmpdir(), 'sedi-embeddings-'))
const bookFile = join(folder, 'book.jsonl')
let provider: FakeProvider

beforeAll(async () => {
  provider = await startFakeProvider({ bookFile })
})
afterAll(async () => {
  await provider.close()
  rmSync(folder, { recursive: true })
})

const price = { inputPerMTokUsd: 0.02 }
const embedder = (change: object = {}) => ({ id: 'openai', model: 'simulated-embedder', baseUrl: provider.url, price, textsPerCall: 16, ...change })
const trained = { batches: { size: 8, composer: 'round-robin' }, seedPolicy: { rule: 'fixed' }, trainer: { id: 'embedded', layers: 1, width: 16, heads: 2 } }
const training = { stepsPerRound: 1, learningRate: 0.003, maxLength: 64 }
const short = { target: { calls: 3 }, rounds: 1 }

it('buys each text once, at the price of the book, within the budget, and not again when resumed', async () => {
  const config = smallConfig({ embedder: embedder(), budget: { maxCostUsd: 1 }, ...trained, training, target: { calls: 4 } })
  const before = readBook(bookFile).totals
  const run = await createRun(config, 'run')
  expect((await run.execute({ stop })).state).toBe('done')
  const bought = await run.ledger.find('embed-call')
  const hashes = bought.flatMap(({ textHashes }) => textHashes)
  expect(bought.map(({ callId }) => callId).slice(0, 2)).toEqual(['r01-e0000', 'r01-e0001'])
  expect(new Set(hashes).size).toBe(hashes.length)
  expect(hashes).toHaveLength((await run.ledger.totals()).kept)

  const after = readBook(bookFile).totals
  const tokens = after.inputTokens - before.inputTokens
  expect(after.requests - before.requests).toBe(bought.length)
  expect(bought.reduce((sum, { costNanoUsd }) => sum + costNanoUsd!, 0)).toBe(tokens * 20)
  const report = await reportRun(run.ledger)
  expect(report).toMatchObject({ embedCalls: bought.length, embedUsd: (tokens * 20) / 1e9, uncertainUsd: 0 })
  const answers = (await run.ledger.find('call')).reduce((sum, { costNanoUsd }) => sum + costNanoUsd!, 0)
  expect(Math.round(report.costUsd! * 1e9)).toBe(answers + tokens * 20)
  const digest = await run.ledger.digest()
  await run.close()

  const again = await openRun('run', openStore(config))
  await again.execute({ stop })
  expect(await again.ledger.digest()).toBe(digest)
  await again.close()
  expect(readBook(bookFile).totals.requests).toBe(after.requests)
})

it('gives the same result whatever fails on the way, and counts what may have been charged', async () => {
  const config = () => smallConfig({ embedder: embedder(), budget: { maxCostUsd: 1 }, ...trained, training, ...short })
  const calm = await createRun(config(), 'calm')
  await calm.execute({ stop })
  const digest = await calm.ledger.digest()
  await calm.close()

  provider.enqueue('429-retry-after', 'reset-after', '500', 'html-200')
  const run = await createRun(config(), 'stormy')
  const notices: string[] = []
  expect((await run.execute({ stop, onNotice: (message) => notices.push(message) })).state).toBe('done')
  expect(await run.ledger.digest()).toBe(digest)
  const outcomes = (await run.ledger.find('outcome')).filter(({ callId }) => callId.includes('-e'))
  expect(
    outcomes
      .filter(({ result }) => result === 'failed')
      .map(({ charged }) => charged)
      .sort(),
  ).toEqual(['none', 'none', 'uncertain', 'uncertain'])
  expect((await reportRun(run.ledger)).uncertainUsd).toBeGreaterThan(0)
  expect(notices.some((notice) => /r01-e\d+: .*Trying again/.test(notice))).toBe(true)
  await run.close()
})

it('pauses when the budget does not cover a call for embeddings, and goes on with what was bought', async () => {
  const config = smallConfig({
    embedder: embedder({ price: { inputPerMTokUsd: 1_000 }, concurrency: 1 }),
    budget: { maxCostUsd: 3 },
    ...trained,
    training,
    ...short,
  })
  const run = await createRun(config, 'run')
  const paused = await run.execute({ stop })
  expect(paused).toMatchObject({ state: 'paused', error: { code: 'budget-exhausted' } })
  const bought = (await run.ledger.find('embed-call')).length
  expect(bought).toBeGreaterThan(0)
  await run.close()
  const before = readBook(bookFile).totals.requests
  const resumed = await openRun('run', openStore(config), { budget: { maxCostUsd: 500 } })
  expect((await resumed.execute({ stop })).state).toBe('done')
  const all = await resumed.ledger.find('embed-call')
  expect(readBook(bookFile).totals.requests - before).toBe(all.length - bought)
  const hashes = all.flatMap(({ textHashes }) => textHashes)
  expect(new Set(hashes).size).toBe(hashes.length)
  await resumed.close()
})

it('buys for filter.semantic as well, all of a completion’s instructions at once, and each text once', async () => {
  const run = await createRun(smallConfig({ filter: { semantic: { threshold: 0.995, embedder: embedder({ textsPerCall: 512 }) } } }), 'semantic')
  const before = readBook(bookFile).totals.requests
  expect((await run.execute({ stop })).state).toBe('done')
  const bought = await run.ledger.find('embed-call')
  const hashes = bought.flatMap(({ textHashes }) => textHashes)
  expect(new Set(hashes).size).toBe(hashes.length)
  // One call for each completion, and one for the seeds.
  expect(bought.length).toBeLessThanOrEqual((await run.ledger.totals()).calls + 1)
  expect(readBook(bookFile).totals.requests - before).toBe(bought.length)
  await run.close()
})

it('refuses a budget that cannot be held', () => {
  expect(() => smallConfig({ embedder: embedder({ price: undefined }), budget: { maxCostUsd: 1 } })).toThrow(/embedder\.price/)
  expect(smallConfig({ embedder: { id: 'openai' } }).embedder).toMatchObject({ price: { inputPerMTokUsd: 0.02 } })
})
