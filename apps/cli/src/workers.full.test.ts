import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { openStore } from '@sedi/kit'
import { type FakeProvider, type PostgresServer, readBook, startFakeProvider, startPostgres } from '@sedi/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Finished, type RunningSedi, sedi, spawnSedi } from './fixtures/spawn-sedi.ts'
import { teacherAt, testFolder, writeConfig } from './fixtures/test-folder.ts'

const key = 'a-key-that-nobody-may-read'
let server: PostgresServer
let provider: FakeProvider
let bookFile: string
beforeAll(async () => {
  bookFile = join(testFolder(), 'book.jsonl')
  server = await startPostgres()
  provider = await startFakeProvider({ bookFile, latencyMs: [200, 400] })
})
afterAll(async () => {
  await provider.close()
  await server.destroy()
})

const outOf = (finished: Finished) => {
  expect([finished.code, finished.stderr]).toEqual([0, expect.any(String)])
  return JSON.parse(finished.stdout)
}
const until = async (isTrue: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await isTrue())) await wait(100)
}

function team(schema: string, config: object = {}) {
  const cwd = testFolder()
  const store = `${server.url}?schema=${schema}`
  const env = { OPENAI_API_KEY: key }
  writeConfig(cwd, { generator: teacherAt(provider.url), target: { calls: 80 }, rounds: 2, prompt: { tasksPerCall: 2 }, store, queue: 'pg-boss', ...config })
  const runs = openStore({ store })
  return {
    cwd,
    store,
    runs,
    start: (...args: string[]) => spawnSedi(args, { cwd, env }),
    worker: (concurrency = 2) => spawnSedi(['worker', store, '--concurrency', String(concurrency)], { cwd, env }),
    calls: async () => (await runs.list().catch(() => []))[0]?.totals.calls ?? 0,
  }
}

async function leave(workers: readonly RunningSedi[]): Promise<void> {
  for (const { process } of workers) process.kill('SIGTERM')
  for (const { finished } of workers)
    expect(await finished).toMatchObject({ code: 0, stderr: expect.stringContaining('Left. Nothing is in this worker’s hands.') })
}

it('a run with three workers, one killed, one added, as its user sees it: the same run as without', { timeout: 600_000 }, async () => {
  const { cwd, start, worker, calls, runs } = team('three')
  const run = start('run', '--json')
  await until(() => run.stderr().includes('No worker is there yet: calls wait. Start one, here or elsewhere: sedi worker <store>'))
  const workers = [worker(), worker(), worker()]
  await until(() => run.stderr().includes('3 workers at work, '))
  await until(async () => (await calls()) > 5)
  workers[0]!.process.kill('SIGKILL')
  await until(() => run.stderr().includes('2 workers at work, 3 before.'))
  workers[0] = worker()
  await until(() => run.stderr().includes('3 workers at work, 2 before.'))
  const report = outOf(await run.finished)
  for (const { stderr } of workers.slice(1)) expect(stderr()).toContain(`${report.run}: making its calls with openai simulated-teacher`)
  await leave(workers)
  expect(workers[1]!.stderr()).toMatch(/\d+ calls answered · \d+ a minute · 0 in hand · \$0\.\d+/)

  const calm = outOf(await sedi(['run', '--json', '--set', 'queue=in-process', '--out', 'calm'], { cwd }))
  expect([report.digest, report.costUsd, report.calls]).toEqual([calm.digest, calm.costUsd, 80])
  const { entries } = readBook(bookFile)
  expect(entries.length).toBeGreaterThanOrEqual(160)
  expect(entries.length).toBeLessThanOrEqual(160 + report.uncertainAttempts)
  expect(JSON.stringify(await Array.fromAsync((await runs.read(report.run)).facts()))).not.toContain(key)
})

it('a second process stands by and takes the run over; an exhausted budget pauses it, a higher one continues it', { timeout: 600_000 }, async () => {
  // So slow that the second process stands by before the budget is spent.
  const slow = await startFakeProvider({ bookFile: join(testFolder(), 'book.jsonl'), latencyMs: [1500, 2500] })
  const { cwd, start, worker, store, calls, runs } = team('over', {
    budget: { maxCostUsd: 0.02 },
    generator: { ...teacherAt(slow.url), maxOutputTokens: 1000 },
  })
  const workers = [worker(8), worker(8)]
  const first = start('run', '--json')
  await until(async () => (await calls()) > 2)
  const { runId } = (await runs.list())[0]!
  const second = start('resume', runId, '--wait', '--json', '--store', store)
  await until(() => second.stderr().includes('Another process carries this run; standing by.'))
  first.process.kill('SIGKILL')
  const paused = await second.finished
  expect([paused.code, paused.stderr]).toEqual([3, expect.stringContaining('budget-exhausted')])
  const { costUsd, uncertainUsd, calls: before } = JSON.parse(paused.stdout)
  expect(costUsd + uncertainUsd).toBeLessThanOrEqual(0.02)
  expect(before).toBeLessThan(80)
  const done = outOf(await start('resume', runId, '--max-cost', '5', '--json', '--store', store).finished)
  expect(done).toMatchObject({ state: 'done', calls: 80, uncertainAttempts: 0 })
  await leave(workers)
  await slow.close()

  // The same run in a folder, where there is no queue.
  outOf(await sedi(['ledger', 'export', runId, '--json', '--store', store, '--out', 'moved.jsonl'], { cwd }))
  outOf(await sedi(['ledger', 'import', 'moved.jsonl', '--json', '--store', 'moved'], { cwd }))
  const refused = await sedi(['resume', runId, '--store', 'moved'], { cwd })
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('sedi resume --queue in-process')])
  expect(outOf(await sedi(['resume', runId, '--queue', 'in-process', '--json', '--store', 'moved'], { cwd })).digest).toBe(done.digest)
})

it('without a store in PostgreSQL there is no queue, and nothing is created', async () => {
  const cwd = testFolder()
  writeConfig(cwd, { queue: 'pg-boss' })
  const refused = await sedi(['run'], { cwd })
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('queue: pg-boss needs a store in PostgreSQL')])
  expect((await sedi(['runs'], { cwd })).stdout).toContain('No runs')
  const worker = await sedi(['worker', 'runs'], { cwd })
  expect([worker.code, worker.stderr]).toEqual([2, expect.stringContaining('Workers need a store in PostgreSQL')])
})
