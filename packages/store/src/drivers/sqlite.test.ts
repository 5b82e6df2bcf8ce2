import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeLedgerContract } from '@sedi/testing/contracts'
import { createSqliteStore } from './sqlite.ts'

const folders: string[] = []

describeLedgerContract({
  name: 'sqlite',
  async create() {
    const folder = mkdtempSync(join(tmpdir(), 'sedi-store-'))
    folders.push(folder)
    return createSqliteStore({ folder, softwareVersion: 'test' })
  },
  async destroy() {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
  },
})
