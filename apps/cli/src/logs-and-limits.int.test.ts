import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type FakeProvider, type FakeProviderOptions, readBook, startFakeProvider } from '@sedi/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sedi, spawnSedi } from './fixtures/spawn-sedi.ts'
import { teacherAt, testFolder, writeConfig } from './fixtures/test-folder.ts'

const apiKey = 'sk-a-key-that-nobody-may-see'

let folder: string
let provider: FakeProvider | undefined
beforeEach(() => {
  folder = testFolder()
})
afterEach(async () => {
  await provider?.close()
  provider = undefined
})

async function start(options: Omit<FakeProviderOptions, 'bookFile'>, config: Readonly<Record<string, unknown>> = {}): Promise<void> {
  provider = await startFakeProvider({ bookFile: join(folder, 'book.jsonl'), ...options })
  writeConfig(folder, { generator: { ...teacherAt(provider.url), maxOutputTokens: 1500 }, ...config })
}
const book = () => readBook(join(folder, 'book.jsonl'))
const run = (args: readonly string[]) => sedi(args, { cwd: folder, env: { OPENAI_API_KEY: apiKey } })

type Line = Readonly<Record<string, unknown>>
const linesOf = (stderr: string): Line[] =>
  stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
const events = (lines: readonly Line[]): unknown[] => [...new Set(lines.map(({ event }) => event))]

describe('--log-format json', () => {
  it('writes lines of JSON about every attempt, without keys, prompts or completions', async () => {
    await start({ scenario: ['normal', '500', '429'], limits: { requestsPerMinute: 6000 } })
    const { code, stdout, stderr } = await run(['run', '--json', '--log-format', 'json'])
    const lines = linesOf(stderr)
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { state: 'done', calls: 8 }])
    expect(events(lines)).toEqual(
      expect.arrayContaining(['run.started', 'run.progress', 'call.sent', 'call.answered', 'call.failed', 'limits.stated', 'run.ended']),
    )
    expect(lines.filter(({ event }) => event === 'call.answered')).toHaveLength(8)
    expect(lines.filter(({ event }) => event === 'limits.stated')).toMatchObject([{ requestsPerMinute: 6000, tokensPerMinute: null }])
    expect(lines.every(({ time, run: name, level }) => /^2\d{3}-/.test(String(time)) && name === JSON.parse(stdout).run && typeof level === 'string')).toBe(
      true,
    )
    expect(lines.at(-1)).toMatchObject({ event: 'run.ended', state: 'done', code: null })
    expect(stderr).not.toContain('nstruction:')
    expect(stderr).not.toContain(apiKey)
  })

  it('says why a run paused, and has the texts when they are asked for', async () => {
    await start({ scenario: ['normal', 'invalid-credential'] }, { limits: { concurrency: 1 } })
    const { code, stderr } = await run(['run', '--json', '--log-format', 'json', '--log-prompts'])
    const lines = linesOf(stderr)
    expect([code, lines.at(-1)]).toMatchObject([3, { level: 'error', event: 'run.ended', state: 'paused', code: 'invalid-credential' }])
    expect(lines.find(({ event }) => event === 'call.sent')).toMatchObject({ messages: [{ role: 'user', content: expect.stringContaining('Instruction:') }] })
    expect(String(lines.find(({ event }) => event === 'call.answered')!.text)).toMatch(/nstruction/)
    expect(stderr).not.toContain(apiKey)
    expect(lines.filter(({ event }) => event === 'call.failed')).toMatchObject([{ code: 'invalid-credential', charged: 'none', retryInMs: null }])
  })
})

describe('a provider in trouble', () => {
  it('pauses the run; “sedi status” says why in words; resuming begins with one call and goes on', async () => {
    await start({ faults: { rate: 1, kinds: ['500'], seed: 1 } }, { limits: { concurrency: 4, maxAttempts: 40 }, target: { calls: 12 } })
    const { code, stdout } = await run(['run', '--json'])
    const { run: name } = JSON.parse(stdout)
    expect(code).toBe(3)
    const status = await run(['status', name])
    expect(status.stdout).toMatch(
      /paused\n +because +The provider seems to be in trouble: \d+ attempts of \d+ calls failed one after another within \d+ s\. The last one: .*500/s,
    )
    await provider!.close()
    provider = await startFakeProvider({ bookFile: join(folder, 'book.jsonl'), port: provider!.port })
    const resumed = await run(['resume', name, '--log-format', 'json', '--json'])
    expect(JSON.parse(resumed.stdout)).toMatchObject({ state: 'done', calls: 12 })
    const calls = linesOf(resumed.stderr).flatMap(({ event }) => (event === 'call.sent' || event === 'call.answered' ? [event] : []))
    expect(calls.slice(0, 3)).toEqual(['call.sent', 'call.answered', 'call.sent'])
  })
})

describe('a budget of tokens, where the price is unknown', () => {
  it('is held, said, and raised', async () => {
    await start({}, { limits: { concurrency: 1 } })
    const config = { generator: { ...teacherAt(provider!.url), price: undefined, maxOutputTokens: 1500 } }
    writeConfig(folder, config)
    const refused = await run(['run', '--max-cost', '1'])
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(/cannot be held at an unknown price; set generator\.price, or budget\.maxTokens/)])
    const capped = await run(['run', '--max-tokens', '6000', '--json'])
    const paused = JSON.parse(capped.stdout)
    expect([capped.code, paused.error.code, paused.error.message]).toEqual([3, 'budget-exhausted', expect.stringMatching(/tokens are committed.*--max-tokens/)])
    expect(book().totals.inputTokens + book().totals.outputTokens).toBeLessThanOrEqual(6000)
    const resumed = await run(['resume', paused.run, '--max-tokens', '1000000', '--json'])
    expect(JSON.parse(resumed.stdout)).toMatchObject({ state: 'done', calls: 8 })
  })
})

describe('stopped twice', () => {
  it('ends what is in flight, records it as uncertain, and exits with 130', async () => {
    await start({ latencyMs: 60_000 }, { limits: { concurrency: 2 } })
    const running = spawnSedi(['run', '--json'], { cwd: folder })
    while (book().totals.requests < 2) await wait(30)
    running.process.kill('SIGINT')
    while (!running.stderr().includes('Press Ctrl-C again')) await wait(5)
    await wait(500)
    running.process.kill('SIGINT')
    const { code, stdout } = await running.finished
    expect([code, JSON.parse(stdout)]).toMatchObject([130, { state: 'paused', calls: 0, uncertainAttempts: 2 }])
  })
})
