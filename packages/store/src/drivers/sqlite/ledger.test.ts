import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type FactKind, factKinds, SediError } from '@sedi/spec'
import { oneOfEach } from '@sedi/testing/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { snakeCase, tables } from '../../facts/tables.ts'
import { openSqliteLedger } from './ledger.ts'
import { migrations } from './migrations.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sedi-ledger-'))
  path = join(folder, 'ledger.db')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const codeOf = (work: () => unknown): string => {
  try {
    work()
    return 'no error'
  } catch (error) {
    return SediError.is(error) ? error.code : String(error)
  }
}

describe('openSqliteLedger', () => {
  it('has a table for every kind of fact, with its key unique and its JSON columns there', async () => {
    await openSqliteLedger(path, { readOnly: false }).close()
    const database = new DatabaseSync(path)
    for (const kind of factKinds) {
      const columns = database
        .prepare(`PRAGMA table_info(${snakeCase(kind)})`)
        .all()
        .map(({ name }) => String(name))
      const { key, json, volatile } = tables[kind as FactKind] as Record<'key' | 'json' | 'volatile', readonly string[]>
      expect(columns).toEqual(expect.arrayContaining([...key, ...json, ...volatile].map(snakeCase)))
      const unique = database
        .prepare(`PRAGMA index_list(${snakeCase(kind)})`)
        .all()
        .filter((index) => index.unique === 1)
        .map((index) =>
          database
            .prepare(`PRAGMA index_info(${String(index.name)})`)
            .all()
            .map(({ name }) => String(name))
            .join(),
        )
      expect(unique).toContain(key.length === 0 ? 'only' : key.map(snakeCase).join())
    }
    database.close()
  })

  it('refuses to change or delete a fact even for someone with SQL', async () => {
    const ledger = openSqliteLedger(path, { readOnly: false })
    await ledger.append([{ kind: 'held-out', itemId: 'a', instruction: 'i', input: '', reference: 'r', group: '' }])
    await ledger.close()
    const database = new DatabaseSync(path)
    expect(() => database.exec("UPDATE held_out SET reference = 'x'")).toThrow(/append-only/)
    expect(() => database.exec('DELETE FROM held_out')).toThrow(/append-only/)
    database.close()
  })

  it('writes ahead and waits for the disk at every commit', async () => {
    const ledger = openSqliteLedger(path, { readOnly: false })
    const database = new DatabaseSync(path)
    expect(database.prepare('PRAGMA journal_mode').get()).toMatchObject({ journal_mode: 'wal' })
    database.close()
    await ledger.close()
  })

  it('names what it cannot open: nothing recorded, a newer layout, no ledger at all, a missing file', async () => {
    new DatabaseSync(path).close()
    writeFileSync(path, '')
    expect(codeOf(() => openSqliteLedger(path, { readOnly: true }))).toBe('not-found')
    await openSqliteLedger(path, { readOnly: false }).close()
    const database = new DatabaseSync(path)
    database.exec(`PRAGMA user_version = ${migrations.length + 1}`)
    database.close()
    expect(codeOf(() => openSqliteLedger(path, { readOnly: true }))).toBe('unsupported')
    writeFileSync(path, 'this is no database, but it is long enough to be looked at as one'.repeat(100))
    expect(codeOf(() => openSqliteLedger(path, { readOnly: true }))).toBe('storage')
    expect(codeOf(() => openSqliteLedger(join(folder, 'missing.db'), { readOnly: true }))).toBe('storage')
  })

  it('at every kind of write a full disk records nothing of it, and the same write succeeds when there is room', async () => {
    const others = Object.values(oneOfEach).filter(({ kind }) => kind !== 'run')
    for (const [i, fact] of others.entries()) {
      const own = join(folder, `full-${fact.kind}.db`)
      const before = openSqliteLedger(own, { readOnly: false })
      await before.append([oneOfEach.run, ...others.slice(0, i)])
      await before.close()
      const database = new DatabaseSync(own)
      const pages = Number(database.prepare('PRAGMA page_count').get()?.page_count)
      database.close()
      const ledger = openSqliteLedger(own, { readOnly: false, maxPages: pages })
      // Large enough that it cannot find room in pages that are there.
      const filler = { ...oneOfEach['held-out'], itemId: `filler ${fact.kind}`, reference: 'x'.repeat(4096 * 3) }
      const write = fact.kind === 'attempt' ? () => ledger.reserve(fact, undefined) : () => ledger.append([fact])
      const results = await Promise.allSettled([write(), ledger.append([filler])])
      expect([fact.kind, ...results.map(({ status }) => status)]).toEqual([fact.kind, 'rejected', 'rejected'])
      expect([fact.kind, await ledger.find(fact.kind)]).toEqual([fact.kind, []])
      const digest = await ledger.digest()
      await ledger.close()
      const roomy = openSqliteLedger(own, { readOnly: false })
      expect(await roomy.digest()).toBe(digest)
      await roomy.append([fact])
      expect(await roomy.find(fact.kind)).toHaveLength(1)
      await roomy.close()
    }
  })

  it('says so when the disk is full, records nothing of that write, and goes on when there is room', async () => {
    await openSqliteLedger(path, { readOnly: false }).close()
    const database = new DatabaseSync(path)
    const pages = Number(database.prepare('PRAGMA page_count').get()?.page_count)
    database.close()
    const ledger = openSqliteLedger(path, { readOnly: false, maxPages: pages + 4 })
    const item = (itemId: string, text = '') => ({ kind: 'held-out', itemId, instruction: text, input: '', reference: '', group: '' }) as const
    await ledger.append([item('fits')])
    const isFull = (error: unknown): boolean => SediError.is(error, 'storage') && /disk is full/.test(error.message)
    await expect(ledger.append([item('with the next'), item('too large', 'x'.repeat(4096 * 20))])).rejects.toSatisfy(isFull)
    expect((await ledger.find('held-out')).map(({ itemId }) => itemId)).toEqual(['fits'])
    await ledger.append([item('fits again')])
    await ledger.close()
  })
})
