import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { createRun, openStore, parseConfig, workOnCalls } from '@sedi/kit'
import { createWorld } from '@sedi/simulation'
import { type PostgresServer, startPostgres } from '@sedi/testing'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'

let postgres: PostgresServer
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sedi-work-'))
  writeFileSync(join(folder, 'seeds.json'), JSON.stringify(createWorld().seedTasks))
  postgres = await startPostgres()
})
afterAll(async () => {
  await postgres.destroy()
  rmSync(folder, { recursive: true, force: true })
})

it('a worker that has worked for many runs holds no connection for those that have no calls any more', { timeout: 600_000 }, async () => {
  const store = `${postgres.url}?files=${folder}`
  const stop = new AbortController()
  const entered: string[] = []
  const working = workOnCalls({
    store: openStore({ store }),
    concurrency: 4,
    stop: stop.signal,
    idleMs: 1000,
    onEvent: (event) => event.event === 'entered' && entered.push(event.run),
  })
  const config = parseConfig(
    { seeds: 'seeds.json', generator: 'simulated', trainer: 'none', target: { calls: 4 }, rounds: 1, store, queue: 'pg-boss' },
    join(folder, 'sedi.config.yaml'),
  )
  for (const name of ['first', 'second', 'third']) {
    const run = await createRun(config, name)
    expect((await run.execute({ stop: new AbortController().signal })).state).toBe('done')
    await run.close()
  }
  expect(entered).toEqual(['first', 'second', 'third'])
  const admin = new Client(postgres.url)
  await admin.connect()
  const connections = async (): Promise<number> =>
    Number((await admin.query(`SELECT count(*) AS n FROM pg_stat_activity WHERE application_name LIKE 'sedi %'`)).rows[0].n)
  // Its sign of presence, and the one it asks for tickets with.
  while ((await connections()) > 2) await wait(500)
  // It goes on working, also for a run that it has left.
  const again = await createRun(config, 'fourth')
  expect((await again.execute({ stop: new AbortController().signal })).state).toBe('done')
  await again.close()
  stop.abort()
  await working
  await admin.end()
})
