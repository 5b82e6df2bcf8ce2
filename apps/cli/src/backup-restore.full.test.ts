import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { openStore } from '@sedi/kit'
import { startFakeProvider, startPostgres } from '@sedi/testing'
import { expect, it } from 'vitest'
import { type Finished, sedi, spawnSedi } from './fixtures/spawn-sedi.ts'
import { teacherAt, testFolder, writeConfig } from './fixtures/test-folder.ts'

const run = promisify(execFile)

/** Where a program of PostgreSQL's client package is; undefined where only the server is installed. */
function find(program: string): string | undefined {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).map((version) => join(debian, version, 'bin')) : []
  const folders = [process.env.SEDI_POSTGRES_BIN ?? [], (process.env.PATH ?? '').split(delimiter), versions].flat()
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path))
}

const [dump, psql] = [find('pg_dump'), find('psql')]

const outOf = (finished: Finished) => {
  expect([finished.code, finished.stderr]).toEqual([0, expect.any(String)])
  return JSON.parse(finished.stdout)
}

// As docs/team.md says it; without pg_dump and psql (a server alone) there is nothing to try.
it.skipIf(dump === undefined || psql === undefined)(
  'a dump of the schema while a run is at work, restored into another server: the run goes on from there, and comes to the same',
  { timeout: 600_000 },
  async () => {
    const cwd = testFolder()
    const env = { OPENAI_API_KEY: 'test' }
    const [server, other] = [await startPostgres(), await startPostgres()]
    const provider = await startFakeProvider({ bookFile: join(cwd, 'book.jsonl'), latencyMs: [100, 200] })
    const shared = {
      generator: teacherAt(provider.url),
      target: { calls: 60 },
      rounds: 2,
      prompt: { tasksPerCall: 2 },
      limits: { concurrency: 4, requestsPerMinute: 5000 },
    }
    writeConfig(cwd, { ...shared, store: server.url, queue: 'pg-boss', budget: { maxCostUsd: 5, shared: 'spring' } })
    const [first, worker] = [spawnSedi(['run', '--json'], { cwd, env }), spawnSedi(['worker', server.url, '--concurrency', '4'], { cwd, env })]
    const runs = openStore({ store: server.url })
    while (((await runs.list().catch(() => []))[0]?.totals.calls ?? 0) < 10) await wait(50)
    const { stdout: backup } = await run(dump!, ['--schema=sedi', '--no-owner', server.url.replace(/\?.*/, '')], { maxBuffer: 1e9 })
    for (const { process } of [first, worker]) process.kill('SIGKILL')
    await Promise.all([first.finished, worker.finished])
    await server.destroy()

    const restoring = run(psql!, ['--quiet', '--set=ON_ERROR_STOP=1', other.url])
    restoring.child.stdin!.end(backup)
    await restoring
    const restored = openStore({ store: other.url })
    const [{ runId, totals }] = (await restored.list()) as [Awaited<ReturnType<typeof restored.list>>[number]]
    expect(totals.calls).toBeGreaterThanOrEqual(10)
    expect(totals.calls).toBeLessThan(60)
    outOf(await sedi(['doctor', runId, '--store', other.url, '--json'], { cwd, env }))
    const replaced = spawnSedi(['worker', other.url, '--concurrency', '4'], { cwd, env })
    const done = outOf(await sedi(['resume', runId, '--store', other.url, '--json'], { cwd, env }))
    replaced.process.kill('SIGTERM')
    await replaced.finished

    const calm = outOf(await sedi(['run', '--json', '--set', 'queue=in-process', '--set', 'store=calm'], { cwd, env }))
    expect([done.calls, done.digest, done.costUsd]).toEqual([60, calm.digest, calm.costUsd])
    // What was in flight when the dump was taken: uncertain, because nobody can say any more.
    expect(done.uncertainAttempts).toBe(totals.openAttempts)
    await provider.close()
    await other.destroy()
  },
)
