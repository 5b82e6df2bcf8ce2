import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { openStore } from '@sedi/kit'
import { type FakeProvider, type Plan, readBook, startFakeProvider } from '@sedi/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sedi, spawnSedi } from './fixtures/spawn-sedi.ts'
import { teacherAt, testFolder, writeConfig, writeJsonLines } from './fixtures/test-folder.ts'

let folder: string
let provider: FakeProvider | undefined
beforeEach(() => {
  folder = testFolder()
})
afterEach(async () => {
  await provider?.close()
  provider = undefined
})

const run = (...args: string[]) => sedi(['run', ...args], { cwd: folder })
const book = () => readBook(join(folder, 'book.jsonl'))

async function withProvider(scenario: readonly Plan[] = [], options: { apiKey?: string; latencyMs?: number } = {}): Promise<void> {
  provider = await startFakeProvider({ bookFile: join(folder, 'book.jsonl'), scenario, ...options })
  writeConfig(folder, { generator: teacherAt(provider.url), limits: { concurrency: 1 } })
}

describe('before anything is bought: exit 2, a message that says what to do, no run', () => {
  it.each([
    ['an unknown key', { filter: { treshold: 0.8 } }, /filter\.treshold: unknown key; did you mean “threshold”\?/],
    ['a missing seeds file', { seeds: 'nowhere.jsonl' }, /There is no file .*nowhere\.jsonl/],
    ['an unknown recipe', { recipe: 'evol' }, /recipe: expected one of "alpaca"\|"sedi"|recipe: expected one of/],
    [
      'a budget without a price',
      { generator: { id: 'openai', model: 'm', baseUrl: 'http://127.0.0.1:1/v1' }, budget: { maxCostUsd: 1 } },
      /set generator\.price/,
    ],
    ['a missing base model', { trainer: { id: 'embedded', baseModel: 'none.safetensors' } }, /none\.safetensors/],
  ])('%s', async (_, change, message) => {
    writeConfig(folder, change)
    const result = await run()
    expect(result.stderr).toMatch(message)
    expect(result.code).toBe(2)
    expect(existsSync(join(folder, 'runs'))).toBe(false)
  })

  it('broken seeds: every bad line is named', async () => {
    writeFileSync(
      join(folder, 'seeds.jsonl'),
      '{"instruction":"Add these numbers for me","input":"1 2","output":"3"}\n{broken\n{"instruction":"","output":"x"}\n{"instruction":"No output here at all"}\n',
    )
    writeConfig(folder)
    const { code, stderr } = await run()
    expect(code).toBe(2)
    for (const line of [
      /seeds\.jsonl:2: not valid JSON/,
      /seeds\.jsonl:3: the instruction is empty/,
      /seeds\.jsonl:4: expected a text in “output”, got nothing/,
    ])
      expect(stderr).toMatch(line)
  })

  it('no key for OpenAI itself: names the variable', async () => {
    writeConfig(folder, { generator: { id: 'openai', model: 'm' } })
    const { code, stderr } = await run()
    expect([code, stderr]).toEqual([2, expect.stringMatching(/OPENAI_API_KEY/)])
  })

  it('no such command, option, run or file', async () => {
    expect((await sedi(['rum'], { cwd: folder })).code).toBe(2)
    expect((await sedi(['run', '--frobnicate'], { cwd: folder })).code).toBe(2)
    expect((await sedi(['filter', 'seeds.jsonl', '--threshold', '7'], { cwd: folder })).code).toBe(2)
    const missing = await sedi(['status', 'nobody', '--json'], { cwd: folder })
    expect([missing.code, JSON.parse(missing.stdout).error.code]).toEqual([2, 'not-found'])
  })

  it('a store that cannot be written', async () => {
    writeFileSync(join(folder, 'runs'), 'a file where the folder should be')
    writeConfig(folder)
    const { code, stderr } = await run()
    expect([code, stderr]).toEqual([2, expect.stringMatching(/runs/)])
  })
})

describe('what a provider can do', () => {
  it('a wrong key: invalid-credential, exit 2, nothing retried, the key nowhere', async () => {
    await withProvider([], { apiKey: 'right-key' })
    const { code, stdout, stderr } = await sedi(['run', '--json'], { cwd: folder, env: { OPENAI_API_KEY: 'sk-wrong-key-123456' } })
    expect(JSON.parse(stdout).error.code).toBe('invalid-credential')
    expect(code).toBe(2)
    expect(stdout + stderr).not.toContain('sk-wrong-key')
    expect(book().totals.requests).toBe(1)
    expectNowhere('sk-wrong-key', join(folder, 'runs'))
  })

  it('an unknown model: not-found, exit 2 before the first answer, 3 afterwards', async () => {
    await withProvider()
    writeConfig(folder, { generator: { ...teacherAt(provider!.url), model: 'retired-model' } })
    const before = await run('--json')
    expect([before.code, JSON.parse(before.stdout).error.code]).toEqual([2, 'not-found'])

    writeConfig(folder, { generator: teacherAt(provider!.url), limits: { concurrency: 1 } })
    provider!.enqueue('normal', 'normal', 'model-not-found')
    const after = await run('--json')
    expect([after.code, JSON.parse(after.stdout).error.code, JSON.parse(after.stdout).calls]).toEqual([3, 'not-found', 2])
    const resumed = await sedi(['resume', JSON.parse(after.stdout).run, '--json'], { cwd: folder })
    expect([resumed.code, JSON.parse(resumed.stdout).calls]).toEqual([0, 8])
  })

  it('empty, truncated, HTML, cut, refused and delayed replies: paid answers are kept, the rest is tried again', async () => {
    const paid: Plan[] = ['empty-content', 'length', 'malformed-text']
    const lost: Plan[] = ['html-200', 'truncated', 'empty-200', 'error-200', 'reset-before', 'reset-after', '500', '502-html', '429-retry-after']
    await withProvider([...paid, ...lost.flatMap((fault, i): Plan[] => (i % 2 === 1 ? [fault, 'normal'] : [fault]))])
    const { code, stdout } = await run('--json')
    const report = JSON.parse(stdout)
    expect([code, report.state, report.calls]).toEqual([0, 'done', 8])
    expect(report.rejected).toMatchObject({ truncated: 1 })
    expect(report.rejected.malformed).toBeGreaterThanOrEqual(1)
    const { totals } = book()
    expect(report.inputTokens).toBeLessThanOrEqual(totals.inputTokens)
    // What was charged and never reached us is uncertain, never forgotten.
    expect(report.uncertainAttempts).toBeGreaterThanOrEqual(totals.charged - report.calls)
    const ledger = await openStore({ store: join(folder, 'runs') }).read(report.run)
    expect((await ledger.totals()).attempts).toBe(totals.requests)
    await ledger.close()
  })

  it('an exhausted quota pauses at once with exit 3 and can be resumed', async () => {
    await withProvider(['normal', 'quota'])
    const paused = JSON.parse((await run('--json')).stdout)
    expect(paused).toMatchObject({ state: 'paused', calls: 1, error: { code: 'quota-exhausted' } })
    expect(book().totals.requests).toBe(2)
    expect((await sedi(['resume', paused.run], { cwd: folder })).code).toBe(0)
  })

  it('a server that is not there', async () => {
    writeConfig(folder, { limits: { concurrency: 1, maxAttempts: 2 } })
    const { code, stderr } = await run()
    expect(stderr).toMatch(/127\.0\.0\.1:1|connect/i)
    expect(code).toBe(3)
  })
})

describe('money', () => {
  it('--dry-run prints the estimate and sends nothing', async () => {
    await withProvider()
    const { code, stdout } = await run('--dry-run')
    expect(code).toBe(0)
    expect(stdout).toMatch(/at most \$0\.\d+ a call, \$0\.\d+ in all/)
    const plan = JSON.parse((await run('--dry-run', '--json', '--set', 'target.calls=3')).stdout)
    expect(plan).toMatchObject({ dryRun: true, seeds: 216, testItems: 0, notes: [expect.stringMatching(/^No trainer/), expect.stringMatching(/^No budget/)] })
    expect(plan.estimate.worstCaseNanoUsd).toBe(3 * plan.estimate.worstCaseNanoUsdPerCall)
    expect(book().totals.requests).toBe(0)
    expect(existsSync(join(folder, 'runs'))).toBe(false)
  })

  it('--max-cost pauses before the cap with exit 3 and goes on when it is raised; the provider’s book agrees with ours', async () => {
    await withProvider()
    const first = await run('--max-cost', '0.02', '--json')
    const paused = JSON.parse(first.stdout)
    expect([first.code, paused.state, paused.error.code]).toEqual([3, 'paused', 'budget-exhausted'])
    expect(paused.costUsd + paused.uncertainUsd).toBeLessThanOrEqual(0.02)
    expect(paused.calls).toBeGreaterThan(0)
    const again = await sedi(['resume', paused.run, '--json', '--max-cost', '5'], { cwd: folder })
    expect([again.code, JSON.parse(again.stdout).calls]).toEqual([0, 8])
    const resumed = JSON.parse(again.stdout)
    const { totals } = book()
    expect([resumed.inputTokens, resumed.outputTokens, totals.charged, totals.chargedAgain]).toEqual([totals.inputTokens, totals.outputTokens, 8, 0])
    expect(resumed.costUsd).toBeCloseTo((totals.inputTokens * 0.25 + totals.outputTokens * 2) / 1e6, 9)
  })

  it('a budget given on resume is what status tells', async () => {
    await withProvider()
    const { run: name } = JSON.parse((await run('--max-tokens', '20000', '--json')).stdout)
    expect((await sedi(['resume', name, '--max-tokens', '900000', '--max-cost', '5'], { cwd: folder })).code).toBe(0)
    const told = (await sedi(['status', name, '--no-baseline'], { cwd: folder })).stdout
    expect(told).toMatch(/Note: +\S|No trainer/)
    expect(told).not.toContain('No budget is set')
  })
})

describe('one writer', () => {
  it('a second process that opens the run for writing gets conflict, exit 1; readers are welcome', async () => {
    await withProvider([], { latencyMs: 700 })
    // Goes on for as long as two more commands take to start, on any machine.
    writeConfig(folder, { generator: teacherAt(provider!.url), target: { calls: 500 }, limits: { concurrency: 1 } })
    const first = spawnSedi(['run', '--json'], { cwd: folder })
    while (!existsSync(join(folder, 'runs')) || book().totals.requests === 0) await wait(50)
    const [name] = readdirSync(join(folder, 'runs'))
    const second = await sedi(['resume', name!, '--json'], { cwd: folder })
    expect([second.code, JSON.parse(second.stdout).error.code]).toEqual([1, 'conflict'])
    const status = JSON.parse((await sedi(['status', name!, '--json'], { cwd: folder })).stdout)
    expect(status.state).toBe('running')
    first.process.kill('SIGINT')
    const { code, stdout } = await first.finished
    expect([code, JSON.parse(stdout)]).toMatchObject([3, { state: 'paused', calls: book().totals.charged, uncertainAttempts: 0 }])
  })
})

describe('interrupting', () => {
  it('once: finishes what is in flight, pauses, exit 3; nothing paid is lost', async () => {
    await withProvider([], { latencyMs: 1000 })
    const running = spawnSedi(['run', '--json'], { cwd: folder })
    while (book().entries.filter(({ charged }) => charged).length < 2) await wait(30)
    running.process.kill('SIGINT')
    const { code, stdout } = await running.finished
    const report = JSON.parse(stdout)
    expect([code, report.state, report.uncertainAttempts]).toEqual([3, 'paused', 0])
    expect(report.calls).toBe(book().totals.charged)
    expect(report.calls).toBeLessThan(8)
    expect((await sedi(['resume', report.run], { cwd: folder })).code).toBe(0)
    expect(book().totals.chargedAgain).toBe(0)
  })

  it('twice: stops at once, exit 130; the call in flight is uncertain afterwards', async () => {
    await withProvider(['normal', 'stall'])
    const running = spawnSedi(['run'], { cwd: folder })
    while (book().totals.requests < 2) await wait(30)
    running.process.kill('SIGINT')
    while (!running.stderr().includes('Press Ctrl-C again')) await wait(5)
    running.process.kill('SIGINT') // the same signal passed on by a wrapper does not count
    await wait(500)
    expect(running.process.exitCode).toBeNull()
    running.process.kill('SIGINT')
    expect((await running.finished).code).toBe(130)
    const [name] = readdirSync(join(folder, 'runs'))
    const resumed = JSON.parse((await sedi(['resume', name!, '--json'], { cwd: folder })).stdout)
    expect(resumed).toMatchObject({ state: 'done', calls: 8, uncertainAttempts: 1 })
    expect(resumed.uncertainUsd).toBeGreaterThan(0)
  })
})

describe.skipIf(!canMount())('a disk that is full or read-only (needs the right to mount a small one)', () => {
  let disk: string
  beforeEach(() => {
    disk = join(folder, 'disk')
    mkdirSync(disk)
  })
  afterEach(() => {
    execFileSync('umount', [disk])
  })
  const mount = (options: string): void => void execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', disk])
  const remount = (options: string): void => void execFileSync('mount', ['-o', `remount,${options}`, disk])

  it('full before the first call: storage, exit 2, nothing sent', async () => {
    mount('size=512k')
    await withProvider()
    const { code, stderr } = await run('--out', 'disk')
    expect([code, stderr]).toEqual([2, expect.stringMatching(/disk is full/)])
    expect(book().totals.requests).toBe(0)
  })

  it('full in the middle: what is in flight is recorded, the run pauses with exit 3 and goes on when there is room', async () => {
    mount('size=3m')
    await withProvider([], { latencyMs: 20 })
    writeConfig(folder, { generator: teacherAt(provider!.url), target: { calls: 200 }, limits: { concurrency: 8 } })
    const full = await run('--out', 'disk', '--json')
    const paused = JSON.parse(full.stdout)
    expect([full.code, paused.error.code, paused.error.message]).toEqual([3, 'storage', expect.stringMatching(/disk is full/)])
    expect(paused.calls).toBe(book().totals.charged)
    expect(paused.uncertainAttempts).toBe(0)
    expect((await sedi(['resume', `disk/${paused.run}`], { cwd: folder })).code).toBe(3)
    remount('size=64m')
    const resumed = await sedi(['resume', `disk/${paused.run}`, '--json'], { cwd: folder })
    expect(JSON.parse(resumed.stdout)).toMatchObject({ state: 'done', calls: 200, uncertainAttempts: 0 })
    expect(book().totals).toMatchObject({ charged: 200, chargedAgain: 0 })
  })

  it('read-only: exit 2 for a new run, 3 for one that exists', async () => {
    mount('size=64m')
    await withProvider(['normal', 'quota'])
    const paused = JSON.parse((await run('--out', 'disk', '--json')).stdout)
    remount('ro')
    const fresh = await run('--out', 'disk')
    expect([fresh.code, fresh.stderr]).toEqual([2, expect.stringMatching(/read-only/)])
    const again = await sedi(['resume', `disk/${paused.run}`], { cwd: folder })
    expect([again.code, again.stderr]).toEqual([3, expect.stringMatching(/read-only/)])
    const status = await sedi(['status', `disk/${paused.run}`, '--json'], { cwd: folder })
    expect([status.code, JSON.parse(status.stdout).calls]).toEqual([0, 1])
    remount('rw')
    expect((await sedi(['resume', `disk/${paused.run}`], { cwd: folder })).code).toBe(0)
  })
})

function canMount(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0
}

function expectNowhere(secret: string, path: string): void {
  for (const entry of readdirSync(path, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) expect(readFileSync(join(entry.parentPath, entry.name), 'latin1')).not.toContain(secret)
  }
}

it('writes every kept row of a filtered file and every reject with its reason', async () => {
  writeJsonLines(join(folder, 'in.jsonl'), [
    { instruction: 'Sort these three numbers.', output: '1 2 3', extra: 1 },
    { instruction: 'Sort these four numbers.', output: '1' },
    { output: 'no instruction' },
    { instruction: 'Name a river in Spain.', output: 'Ebro' },
  ])
  const { code, stdout, stderr } = await sedi(['filter', 'in.jsonl', '--threshold', '0.7', '--out', 'kept.jsonl', '--rejects', 'rejects.jsonl', '--json'], {
    cwd: folder,
  })
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ read: 4, kept: 2, rejected: { similar: 1, heuristic: 0, malformed: 1 }, threshold: 0.7 })
  expect(stderr).toMatch(/in\.jsonl:3: expected a text in “instruction”/)
  const kept = (await sedi(['filter', 'kept.jsonl', '--threshold', '1', '--out', '-'], { cwd: folder })).stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(kept.map(({ output, extra }) => [output, extra])).toEqual([
    ['1 2 3', 1],
    ['Ebro', undefined],
  ])
  const rejects = (await sedi(['filter', 'rejects.jsonl', '--threshold', '1', '--out', '-'], { cwd: folder })).stdout
  expect(JSON.parse(rejects).rejected).toEqual({ reason: 'similar', detail: '', nearest: '1', score: 0.75 })
  expect((await sedi(['filter', 'in.jsonl', '--strict'], { cwd: folder })).code).toBe(2)
  const against = await sedi(['filter', 'in.jsonl', '--against', 'kept.jsonl', '--json'], { cwd: folder })
  expect(JSON.parse(against.stdout)).toMatchObject({ kept: 1, rejected: { similar: 2 } })
})
