import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { openStore } from '@sedi/kit'
import { type PostgresServer, readBook, startFakeProvider, startPostgres } from '@sedi/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Finished, sedi, spawnSedi } from './fixtures/spawn-sedi.ts'
import { teacherAt, testFolder, writeConfig } from './fixtures/test-folder.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(async () => server.destroy())

const outOf = (finished: Finished) => {
  expect([finished.code, finished.stderr]).toEqual([0, expect.any(String)])
  return JSON.parse(finished.stdout)
}

it('says that there are no runs without the password of the store', async () => {
  const store = server.url.replace('sedi@', 'sedi:hunter22@')
  const empty = await sedi(['runs', '--store', store], { cwd: testFolder() })
  expect([empty.code, empty.stdout]).toEqual([0, expect.stringMatching(/^No runs in postgres:\/\/127\.0\.0\.1:\d+\//)])
  expect(empty.stdout + empty.stderr).not.toContain('hunter22')
})

it('the same configuration in a folder and in a database gives the same run; it is paused, killed, resumed, moved, and no password is recorded', {
  timeout: 600_000,
}, async () => {
  const cwd = testFolder()
  const provider = await startFakeProvider({ bookFile: join(cwd, 'book.jsonl'), latencyMs: [200, 400] })
  writeConfig(cwd, {
    generator: teacherAt(provider.url),
    target: { calls: 60 },
    rounds: 2,
    batches: { size: 8 },
    trainer: { id: 'embedded', layers: 1, width: 16, heads: 2 },
    training: { stepsPerRound: 6, learningRate: 0.003, maxLength: 64 },
    evaluation: { evaluators: ['exact-match'], heldOut: 'test.jsonl' },
  })
  const store = server.url.replace('sedi@', 'sedi:hunter22@')
  const calm = outOf(await sedi(['run', '--json', '--out', 'calm'], { cwd }))

  const running = spawnSedi(['run', '--json', '--out', store], { cwd })
  const runs = openStore({ store })
  const current = async () => (await runs.list().catch(() => []))[0]
  const calls = async (): Promise<number> => (await current())?.totals.calls ?? 0
  while ((await calls()) < 10) await wait(50)
  const name = (await current())!.runId
  running.process.kill('SIGKILL')
  await running.finished
  // The server misses it within milliseconds.
  while ((await current())?.state === 'running') await wait(50)
  expect((await current())?.state).toBe('interrupted')

  const again = spawnSedi(['resume', name, '--json', '--store', store], { cwd })
  while ((await calls()) < 30) await wait(50)
  outOf(await sedi(['pause', name, '--json', '--store', store], { cwd }))
  expect((await again.finished).code).toBe(3)
  const done = outOf(await sedi(['resume', name, '--json', '--store', store], { cwd }))
  expect([done.state, done.digest, done.kept]).toEqual(['done', calm.digest, calm.kept])

  for (const command of [['status', name], ['explain', name, 'r01-c0000-i00'], ['runs']]) outOf(await sedi([...command, '--json', '--store', store], { cwd }))
  outOf(await sedi(['doctor', name, '--json', '--store', store], { cwd }))
  outOf(await sedi(['ledger', 'export', name, '--json', '--store', store, '--out', 'moved.jsonl'], { cwd }))
  expect(outOf(await sedi(['ledger', 'import', 'moved.jsonl', '--json', '--store', 'moved'], { cwd })).digest).toBe(calm.digest)
  expect(outOf(await sedi(['ledger', 'import', 'moved.jsonl', '--json', '--store', store, '--name', 'twin'], { cwd })).digest).toBe(calm.digest)

  const ledger = await runs.read(name)
  expect(JSON.stringify(await Array.fromAsync(ledger.facts()))).not.toContain('hunter22')
  expect((await ledger.find('run'))[0]!.config.store).toBe(server.url.replace('sedi@', ''))
  await provider.close()
})

it('three runs of two users on one key: limits held together, one budget, and the figures of the runs add up to the book', { timeout: 600_000 }, async () => {
  const folders = [testFolder(), testFolder()] as const
  const bookFile = join(folders[0], 'book.jsonl')
  const requestsPerMinute = 240
  const provider = await startFakeProvider({ bookFile, latencyMs: [50, 200], limits: { requestsPerMinute } })
  const maxCostUsd = 0.25
  for (const cwd of folders) {
    writeConfig(cwd, {
      generator: { ...teacherAt(provider.url), maxOutputTokens: 1500 },
      target: { calls: 200 },
      store: `${server.url}?schema=team&files=${cwd}`,
      budget: { maxCostUsd, shared: 'team' },
      limits: { concurrency: 8, requestsPerMinute },
    })
  }
  const key = 'a-key-that-nobody-may-read'
  const run = (cwd: string, seed: number) => sedi(['run', '--json', '--set', `randomSeed=${seed}`], { cwd, env: { OPENAI_API_KEY: key } })
  const all = await Promise.all([run(folders[0], 1), run(folders[1], 2), run(folders[1], 3)])
  expect(all.map(({ code, stderr }) => [code, stderr])).toEqual(Array(3).fill([3, expect.any(String)]))
  const reports = all.map(({ stdout }) => JSON.parse(stdout))

  const spent = reports.reduce((sum, { costUsd, uncertainUsd }) => sum + costUsd + uncertainUsd, 0)
  expect(spent).toBeLessThanOrEqual(maxCostUsd)
  expect(spent).toBeGreaterThan(maxCostUsd * 0.8)
  for (const { calls, error } of reports) {
    expect(calls).toBeGreaterThan(5)
    expect(error).toMatchObject({ code: 'budget-exhausted', message: expect.stringMatching(/by other runs that share the budget/) })
  }
  const { totals, entries } = readBook(bookFile)
  expect(totals).toMatchObject({ charged: reports.reduce((sum, { calls }) => sum + calls, 0), chargedAgain: 0 })
  expect(entries.filter(({ outcome }) => outcome === 'refused-429')).toEqual([])
  // A sixth of the limit and a second's worth; each for itself they would send three times as much.
  const inTenSeconds = entries.map(({ receivedAt: at }) => entries.filter(({ receivedAt }) => receivedAt >= at && receivedAt < at + 10_000).length)
  expect(Math.max(...inTenSeconds)).toBeLessThanOrEqual(1.5 * (requestsPerMinute / 6))
  const store = openStore({ store: `${server.url}?schema=team` })
  for (const { runId } of await store.list()) expect(JSON.stringify(await Array.fromAsync((await store.read(runId)).facts()))).not.toContain(key)
  await provider.close()
})

it('a database that is away for more than a minute: the run ends as one that can be resumed, and is', { timeout: 600_000 }, async () => {
  const cwd = testFolder()
  const provider = await startFakeProvider({ bookFile: join(cwd, 'book.jsonl'), latencyMs: [200, 400] })
  writeConfig(cwd, { generator: teacherAt(provider.url), target: { calls: 60 }, rounds: 2, trainer: 'none' })
  const store = `${server.url}?schema=outage`
  const calm = outOf(await sedi(['run', '--json', '--out', 'calm'], { cwd }))

  const running = spawnSedi(['run', '--json', '--out', store], { cwd })
  const runs = openStore({ store })
  const current = async () => (await runs.list().catch(() => []))[0]
  while (((await current())?.totals.calls ?? 0) < 10) await wait(20)
  const name = (await current())!.runId
  await server.kill()
  const { code, stdout, stderr } = await running.finished
  expect([code, JSON.parse(stdout).error]).toMatchObject([3, { code: 'storage', details: { run: name } }])
  expect(stderr).toContain(`Everything recorded is kept. Continue with: sedi resume ${name}`)
  await server.start()

  const done = outOf(await sedi(['resume', name, '--json', '--store', store], { cwd }))
  expect([done.state, done.digest]).toEqual(['done', calm.digest])
  // What was in flight may have been billed and is counted so.
  const { entries } = readBook(join(cwd, 'book.jsonl'))
  expect(entries.length - 2 * 60).toBeLessThanOrEqual(done.uncertainAttempts)
  await provider.close()
})
