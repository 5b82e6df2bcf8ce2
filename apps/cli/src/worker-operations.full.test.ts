import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { openStore } from '@sedi/kit'
import { type PostgresServer, startFakeProvider, startLink, startPostgres } from '@sedi/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type RunningSedi, sedi, spawnSedi } from './fixtures/spawn-sedi.ts'
import { teacherAt, testFolder, writeConfig } from './fixtures/test-folder.ts'

const token = 'correct-horse-battery-staple'
let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.destroy())

const until = async (isTrue: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await isTrue())) await wait(100)
}

async function startWorker(cwd: string, store: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
  const running = spawnSedi(['worker', store, '--concurrency', '3', '--health-port', '0', ...args], { cwd, env: { OPENAI_API_KEY: 'test', ...env } })
  await until(() => running.stderr().includes('Health and metrics at http'))
  const port = /Health and metrics at http:\/\/[^ ]*:(\d+):/.exec(running.stderr())![1]
  const ask = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers })
    return { status: response.status, text: await response.text() }
  }
  return { ...running, ask }
}

const end = async ({ process, finished }: RunningSedi, code: number): Promise<void> => {
  process.kill('SIGTERM')
  expect((await finished).code).toBe(code)
}

const metric = (text: string, name: RegExp): number =>
  Number(
    text
      .split('\n')
      .find((line) => name.test(line))
      ?.split(' ')
      .at(-1),
  )

it('a worker tells probes and Prometheus how it is', { timeout: 600_000 }, async () => {
  const cwd = testFolder()
  const store = `${server.url}?schema=probes`
  // A limit at the provider that we are not told of: some are refused, and tried again.
  const provider = await startFakeProvider({ bookFile: join(cwd, 'book.jsonl'), latencyMs: [20, 40], limits: { requestsPerMinute: 300 } })
  writeConfig(cwd, { generator: teacherAt(provider.url), target: { calls: 30 }, prompt: { tasksPerCall: 2 }, store, queue: 'pg-boss' })
  const worker = await startWorker(cwd, store)
  expect((await worker.ask('/healthz')).status).toBe(200)
  await until(async () => (await worker.ask('/readyz')).status === 200)
  const report = JSON.parse((await sedi(['run', '--json'], { cwd, env: { OPENAI_API_KEY: 'test' } })).stdout)
  expect(report.calls).toBe(30)
  await until(async () => metric((await worker.ask('/metrics')).text, /^sedi_workers /) === 1)
  const { text } = await worker.ask('/metrics')
  expect(metric(text, /^sedi_calls_answered_total\{.*gen_ai_request_model="simulated-teacher"/)).toBe(30)
  expect(metric(text, /^sedi_calls_in_flight\{/)).toBe(0)
  expect(metric(text, /^sedi_cost_total\{/)).toBeCloseTo(report.costUsd, 9)
  expect(metric(text, /^sedi_limit_wait_count\{/)).toBeGreaterThanOrEqual(30)
  expect(metric(text, /^sedi_queue_tickets\{state="waiting"\}/)).toBe(0)
  expect(metric(text, /^sedi_store_up /)).toBe(1)
  for (const path of ['/v1/runs', '/']) expect((await worker.ask(path)).status).toBe(404)
  expect((await worker.ask('/metrics', { origin: 'http://evil.example' })).status).toBe(403)

  await server.stop()
  await until(async () => (await worker.ask('/readyz')).status === 503)
  const away = await worker.ask('/readyz')
  expect(JSON.parse(away.text)).toMatchObject({ status: 'not-ready', because: 'storage' })
  expect(away.text).not.toContain('127.0.0.1')
  expect((await worker.ask('/healthz')).status).toBe(200)
  await server.start()
  await until(async () => (await worker.ask('/readyz')).status === 200)
  await end(worker, 0)
  await provider.close()
})

it('other machines are told of health, and of metrics only with the token', { timeout: 600_000 }, async () => {
  const cwd = testFolder()
  const store = `${server.url}?schema=tokens`
  const open = await startWorker(cwd, store, ['--health-host', '0.0.0.0'])
  expect([(await open.ask('/healthz')).status, (await open.ask('/metrics')).status]).toEqual([200, 401])
  await end(open, 0)
  const guarded = await startWorker(cwd, store, ['--health-host', '0.0.0.0'], { SEDI_API_TOKEN: token })
  expect((await guarded.ask('/metrics')).status).toBe(401)
  expect((await guarded.ask('/metrics', { authorization: `Bearer ${token}` })).status).toBe(200)
  await end(guarded, 0)
})

it('asked to stop while calls take longer than it may wait: they are uncertain, and somebody else’s at once', { timeout: 600_000 }, async () => {
  const cwd = testFolder()
  const store = `${server.url}?schema=grace`
  const provider = await startFakeProvider({ bookFile: join(cwd, 'book.jsonl'), latencyMs: [120_000, 120_000] })
  writeConfig(cwd, { generator: teacherAt(provider.url), target: { calls: 10 }, store, queue: 'pg-boss' })
  const runs = openStore({ store })
  const run = spawnSedi(['run', '--json'], { cwd, env: { OPENAI_API_KEY: 'test' } })
  const worker = await startWorker(cwd, store, [], { SEDI_GRACE_SECONDS: '2' })
  await until(async () => (await runs.list().catch(() => []))[0]?.totals.openAttempts === 3)
  const began = performance.now()
  await end(worker, 130)
  // A few seconds, where the calls take two minutes.
  expect(performance.now() - began).toBeLessThan(60_000)
  // Handed back by the worker itself: a lease of one that says nothing lasts ten seconds.
  await expect.poll(() => runs.queueFigures!(), { timeout: 7000 }).toMatchObject({ inHands: 0, workers: 0 })
  expect((await runs.list())[0]!.totals).toMatchObject({ openAttempts: 0, uncertainAttempts: 3 })
  await end(run, 3)
  await provider.close()
})

it('asked to stop while the database is away: leaves all the same, in time', { timeout: 600_000 }, async () => {
  const cwd = testFolder()
  const link = await startLink(server.port)
  const store = `${server.url}?schema=away`.replace(`:${server.port}`, `:${link.port}`)
  const provider = await startFakeProvider({ bookFile: join(cwd, 'book.jsonl'), latencyMs: [500, 500] })
  writeConfig(cwd, { generator: teacherAt(provider.url), target: { calls: 50 }, store: `${server.url}?schema=away`, queue: 'pg-boss' })
  const run = spawnSedi(['run', '--json'], { cwd, env: { OPENAI_API_KEY: 'test' } })
  const worker = await startWorker(cwd, store, [], { SEDI_GRACE_SECONDS: '2' })
  await until(
    async () =>
      ((
        await openStore({ store: `${server.url}?schema=away` })
          .list()
          .catch(() => [])
      )[0]?.totals.calls ?? 0) > 3,
  )
  link.stall(true)
  await wait(1500)
  const began = performance.now()
  await end(worker, 130)
  // Two seconds to finish, four to record, where the database is waited for for a minute; what it had in hand lapses.
  expect(performance.now() - began).toBeLessThan(40_000)
  await link.close()
  await end(run, 3)
  await provider.close()
})

it('a worker with a wrong key ends and says so; the others make its calls', { timeout: 600_000 }, async () => {
  const cwd = testFolder()
  const store = `${server.url}?schema=keys`
  const provider = await startFakeProvider({ bookFile: join(cwd, 'book.jsonl'), latencyMs: [50, 100], apiKey: 'the-right-key' })
  writeConfig(cwd, { generator: teacherAt(provider.url), target: { calls: 12 }, store, queue: 'pg-boss' })
  const run = spawnSedi(['run', '--json'], { cwd, env: { OPENAI_API_KEY: 'the-right-key' } })
  const wrong = spawnSedi(['worker', store], { cwd, env: { OPENAI_API_KEY: 'not-the-right-key' } })
  const ended = await wrong.finished
  expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining('OPENAI_API_KEY')])
  expect(ended.stderr).not.toContain('not-the-right-key')
  const none = await spawnSedi(['worker', store], { cwd, env: {} }).finished
  expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('OPENAI_API_KEY')])
  const right = await startWorker(cwd, store, [], { OPENAI_API_KEY: 'the-right-key' })
  expect(JSON.parse((await run.finished).stdout)).toMatchObject({ state: 'done', calls: 12, uncertainAttempts: 0 })
  await end(right, 0)
  await provider.close()
})
