import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { SediError } from '@sedi/spec'
import { type PostgresServer, startPostgres } from '@sedi/testing'
import { runFact } from '@sedi/testing/contracts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { newStoreAddress } from '../../fixtures/pg-store.ts'
import { createPostgresStore } from '../postgres.ts'
import { type Connection, createServer } from './server.ts'

const most = 8
let postgres: PostgresServer
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sedi-full-'))
  postgres = await startPostgres([`max_connections = ${most}`, 'superuser_reserved_connections = 0', 'max_wal_senders = 0'])
})
afterAll(async () => {
  await postgres.destroy()
  rmSync(folder, { recursive: true, force: true })
})

/** Takes every connection the server has left. */
async function fill(): Promise<readonly Connection[]> {
  const server = createServer(newStoreAddress(postgres.url, folder), { reconnectForMs: 0 })
  const taken: Connection[] = []
  for (;;) {
    const opened = await server.connect().catch(() => undefined)
    if (opened === undefined) return taken
    taken.push(opened)
  }
}

it('a server without a connection left is waited for; after a while the error says what to do', { timeout: 600_000 }, async () => {
  const address = newStoreAddress(postgres.url, folder)
  const taken = [...(await fill())]
  // Whoever has just left may hold a place for a moment.
  await expect.poll(async () => taken.push(...(await fill()))).toBe(most)
  const impatient = createPostgresStore({ address, softwareVersion: 'test', reconnectForMs: 500 })
  const refused = await impatient.create(runFact()).catch((error: unknown) => error)
  expect(SediError.is(refused, 'storage') && refused.message).toMatch(/the server has no connection left; raise max_connections, or use fewer processes/)
  expect(SediError.is(await impatient.ready().catch((error: unknown) => error), 'storage')).toBe(true)

  const creating = createPostgresStore({ address, softwareVersion: 'test', reconnectForMs: 30_000 }).create(runFact())
  await wait(1000)
  for (const connection of taken) await connection.close()
  const run = await creating
  expect((await run.ledger.find('run')).length).toBe(1)
  await impatient.ready()
  await run.close()
})
