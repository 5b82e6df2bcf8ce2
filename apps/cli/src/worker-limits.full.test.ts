import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { readBook, startFakeProvider, startPostgres } from '@sedi/testing'
import { expect, it } from 'vitest'
import { sedi, spawnSedi } from './fixtures/spawn-sedi.ts'
import { teacherAt, testFolder, writeConfig } from './fixtures/test-folder.ts'

// The figures in docs/decisions/2026-11-21-calls-as-tickets.md: SEDI_RATE_CALLS=850, SEDI_RATE_WORKERS=1 and 8.
const calls = Number(process.env.SEDI_RATE_CALLS ?? 150)
const workerCount = Number(process.env.SEDI_RATE_WORKERS ?? 8)
const requestsPerMinute = 600

it(`${workerCount} workers keep to one limit together`, { timeout: 600_000 }, async () => {
  const cwd = testFolder()
  const bookFile = join(cwd, 'book.jsonl')
  const server = await startPostgres()
  const provider = await startFakeProvider({ bookFile, latencyMs: [200, 400], limits: { requestsPerMinute } })
  writeConfig(cwd, {
    generator: teacherAt(provider.url),
    target: { calls },
    rounds: 1,
    prompt: { tasksPerCall: 1 },
    store: server.url,
    queue: 'pg-boss',
    limits: { concurrency: 64, requestsPerMinute },
  })
  const workers = Array.from({ length: workerCount }, () => spawnSedi(['worker', server.url, '--concurrency', '8'], { cwd }))
  while (workers.some(({ stderr }) => !stderr().includes('calls at a time'))) await wait(100)
  const report = JSON.parse((await sedi(['run', '--json'], { cwd })).stdout)
  for (const { process } of workers) process.kill('SIGTERM')
  await Promise.all(workers.map(({ finished }) => finished))
  await provider.close()
  await server.destroy()

  expect(report).toMatchObject({ state: 'done', calls, uncertainAttempts: 0 })
  const { entries } = readBook(bookFile)
  const refused = entries.filter(({ outcome }) => outcome === 'refused-429').length
  // A sixth of the limit and a second's worth; each for itself they would send eight times as much.
  const inTenSeconds = entries.map(({ receivedAt: at }) => entries.filter(({ receivedAt }) => receivedAt >= at && receivedAt < at + 10_000).length)
  expect(Math.max(...inTenSeconds)).toBeLessThanOrEqual(1.3 * (requestsPerMinute / 6))
  const began = Math.min(...entries.map(({ receivedAt }) => receivedAt))
  const inAMinute = entries.filter(({ receivedAt }) => receivedAt >= began + 10_000 && receivedAt < began + 70_000).length
  process.stdout.write(
    `${workerCount} workers, ${calls} calls: ${refused} refused; ${inAMinute} in the minute after the first ten seconds, of ${requestsPerMinute}\n`,
  )
})
