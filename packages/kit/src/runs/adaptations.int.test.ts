import { join } from 'node:path'
import { type FakeProvider, readBook, startFakeProvider } from '@sedi/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { smallConfig } from '../fixtures/small-run.ts'
import { createRun, openRun } from './open-run.ts'
import { openStore } from './open-store.ts'

const stop = new AbortController().signal
const price = { inputPerMTokUsd: 0.25, outputPerMTokUsd: 2 }

let provider: FakeProvider
let bookFile: string
let bodies: Record<string, unknown>[]
beforeEach(async () => {
  vi.stubEnv('OPENAI_API_KEY', 'correct.horse')
  bookFile = join(smallConfig().store, '..', 'book.jsonl')
  bodies = []
  provider = await startFakeProvider({ bookFile, apiKey: 'correct.horse', onRequest: (body) => bodies.push(JSON.parse(body) as Record<string, unknown>) })
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await provider.close()
})

const config = (model: string, change: object = {}, generator: object = {}) =>
  smallConfig({
    generator: { id: 'openai', model, baseUrl: provider.url, temperature: 0.5, price, ...generator },
    target: { calls: 4 },
    rounds: 1,
    limits: { concurrency: 1 },
    ...change,
  })

describe('a run whose model does not accept everything', () => {
  it('learns it once, records it, tells it, and knows it when it is resumed', async () => {
    const begun = await createRun(config('simulated-reasoner'), 'run')
    const notices: string[] = []
    provider.enqueue('normal', 'normal', 'normal', 'quota')
    const paused = await begun.execute({ stop, onNotice: (text) => notices.push(text) })
    expect(paused.error?.code).toBe('quota-exhausted')
    await begun.close()
    expect(notices.filter((text) => text.includes('temperature'))).toHaveLength(1)

    const before = bodies.length
    const resumed = await openRun('run', openStore(begun.config))
    expect((await resumed.execute({ stop })).state).toBe('done')
    for (const body of bodies.slice(before)) expect(Object.keys(body)).not.toContain('temperature')
    const facts = await resumed.ledger.find('adaptation')
    expect(facts.map(({ setting, action, replacement }) => [setting, action, replacement])).toEqual(
      expect.arrayContaining([
        ['max_tokens', 'renamed', 'max_completion_tokens'],
        ['temperature', 'dropped', null],
      ]),
    )
    const calls = await resumed.ledger.find('call')
    for (const { warnings } of calls) expect(warnings).toContainEqual(expect.stringMatching(/^temperature: not sent/))

    // Refusals are free: each answer is one attempt, and nothing is uncertain.
    const { settledNanoUsd, uncertainAttempts, inputTokens, outputTokens } = await resumed.ledger.totals()
    const { totals } = readBook(bookFile)
    expect({ inputTokens, outputTokens, uncertainAttempts }).toEqual({
      inputTokens: totals.inputTokens,
      outputTokens: totals.outputTokens,
      uncertainAttempts: 0,
    })
    expect(settledNanoUsd).toBe(inputTokens * 250 + outputTokens * 2_000)
    await resumed.close()
  })
})

describe('a reasoning model without room for an answer', () => {
  it('pauses the run after three answers of nothing, paid for and recorded, and again when it is resumed', async () => {
    for (let i = 0; i < 7; i++) provider.enqueue('empty-content')
    const begun = await createRun(config('simulated-teacher', { target: { calls: 8 } }), 'run')
    const paused = await begun.execute({ stop })
    expect([paused.state, paused.error?.code]).toEqual(['paused', 'output-truncated'])
    expect(paused.error?.message).toContain('generator.maxOutputTokens')
    const { totals } = readBook(bookFile)
    expect(totals.charged).toBe(3)
    const recorded = await begun.ledger.totals()
    expect([recorded.inputTokens, recorded.outputTokens, recorded.uncertainAttempts]).toEqual([totals.inputTokens, totals.outputTokens, 0])
    await begun.close()

    const resumed = await openRun('run', openStore(begun.config))
    expect((await resumed.execute({ stop })).error?.code).toBe('output-truncated')
    expect(readBook(bookFile).totals).toMatchObject({ charged: 6, chargedAgain: 0 })
    // One more of them, and then words.
    expect((await resumed.execute({ stop })).state).toBe('done')
    await resumed.close()
  })
})
