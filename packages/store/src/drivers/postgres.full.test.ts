import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type PostgresServer, startPostgres } from '@sedi/testing'
import { describeLedgerContract, describeSharedBudgetContract } from '@sedi/testing/contracts'
import { afterAll, beforeAll } from 'vitest'
import { createPostgresStore } from './postgres.ts'

let server: PostgresServer
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sedi-store-'))
  server = await startPostgres()
})
afterAll(async () => {
  await server.destroy()
  rmSync(folder, { recursive: true, force: true })
})

/** A schema of its own is a store of its own. */
const create = async () => {
  const schema = `s${randomBytes(6).toString('hex')}`
  return createPostgresStore({ address: `${server.url}?schema=${schema}&files=${folder}`, softwareVersion: 'test' })
}

describeLedgerContract({ name: 'postgres', create })
describeSharedBudgetContract({ name: 'postgres', create })
