import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createSqliteStore } from '../sqlite.ts'
import { migrations, versionOf } from './migrations.ts'
import { takeWriterLock } from './writer-lock.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sedi-upgrade-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** A finished run of the first layout: 6 calls, 24 items written, 6 steps. */
function layOldRun(): string {
  mkdirSync(join(folder, 'old'))
  const path = join(folder, 'old', 'ledger.db')
  const database = new DatabaseSync(path, { enableForeignKeyConstraints: false }) // the tables come in the order of their names
  database.exec(readFileSync(new URL('../../fixtures/layout-1.sql', import.meta.url), 'utf8'))
  database.close()
  return path
}

/** The same run as the second layout keeps it, with checksums. */
function laySecondLayout(): string {
  const path = layOldRun()
  const database = new DatabaseSync(path, { enableForeignKeyConstraints: false })
  database.exec('PRAGMA legacy_alter_table = ON; BEGIN')
  migrations[1]!(database)
  database.exec('PRAGMA user_version = 2; COMMIT')
  database.close()
  return path
}

describe('a ledger of the second layout', () => {
  it('is brought up to date: what facts have gained since is filled in, the digest stays', async () => {
    laySecondLayout()
    const store = createSqliteStore({ folder, softwareVersion: 'test' })
    const ledger = await store.read('old')
    // As the version that wrote the second layout computed it.
    expect(await ledger.digest()).toBe('4c16bb3bfa63e7df1b4c275debbd6b1646468e32764bd58176319824fb4bc1b1')
    expect(await ledger.totals()).toMatchObject({ calls: 6, followUpCalls: 0, kept: 19, rounds: [{ calls: 3 }, { calls: 3 }] })
    expect((await ledger.find('call')).every(({ stage, parentId }) => stage === 'tasks' && parentId === null)).toBe(true)
    expect((await ledger.find('candidate')).every(({ flags }) => flags.length === 0)).toBe(true)
    expect((await ledger.find('attempt')).every(({ recovery }) => recovery === 'lost')).toBe(true)
    await ledger.close()
    expect((await store.check('old')).damage).toEqual([])
  })

  it('is not given fresh checksums when it is damaged, and can be salvaged as it is', async () => {
    const path = laySecondLayout()
    const database = new DatabaseSync(path)
    database.exec("DROP TRIGGER candidate_no_update; UPDATE candidate SET detail = 'changed' WHERE id = (SELECT max(id) FROM candidate)")
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    database.close()
    const store = createSqliteStore({ folder, softwareVersion: 'test' })
    await expect(store.open('old')).rejects.toThrow(/damaged: fact \d+ \(candidate\) is not as it was written/)
    const salvage = await store.salvage('old')
    const facts = await Array.fromAsync(salvage.facts())
    salvage.close()
    expect(salvage).toMatchObject({ missing: [[expect.any(Number), expect.any(Number)]] })
    expect(facts.filter(({ kind }) => kind === 'candidate')).toHaveLength(23)
    expect(facts.find(({ kind }) => kind === 'call')).toMatchObject({ stage: 'tasks', parentId: null })
  })
})

describe('a ledger of the third layout', () => {
  it('is brought up to date: its steps have no gaps, no errors and no mask, the digest stays', async () => {
    const path = laySecondLayout()
    const database = new DatabaseSync(path, { enableForeignKeyConstraints: false })
    database.exec('PRAGMA legacy_alter_table = ON; BEGIN')
    migrations[2]!(database)
    database.exec('PRAGMA user_version = 3; COMMIT')
    database.close()
    const store = createSqliteStore({ folder, softwareVersion: 'test' })
    const ledger = await store.read('old')
    expect(await ledger.digest()).toBe('4c16bb3bfa63e7df1b4c275debbd6b1646468e32764bd58176319824fb4bc1b1')
    const steps = await ledger.find('step')
    expect(steps).toHaveLength(6)
    expect(steps.every(({ exampleGaps, exampleErrors, masked }) => exampleGaps === null && exampleErrors === null && masked === null)).toBe(true)
    await ledger.close()
    expect((await store.check('old')).damage).toEqual([])
  })
})

describe('a ledger of the first layout', () => {
  it('is brought up to date when it is read, whole and sound', async () => {
    layOldRun()
    const store = createSqliteStore({ folder, softwareVersion: 'test' })
    const ledger = await store.read('old')
    expect(await ledger.totals()).toMatchObject({ calls: 6, raw: 24, kept: 19, steps: 6, seedsPromoted: 5, seedsEvicted: 5, settledNanoUsd: 3_251_000 })
    expect((await ledger.find('run-state')).map(({ state }) => state)).toEqual(['running', 'done'])
    await ledger.close()
    expect((await store.check('old')).damage).toEqual([])
    expect(await store.list()).toMatchObject([{ state: 'done', totals: { calls: 6 } }])
  })

  it('is brought up to date to be checked', async () => {
    layOldRun()
    expect(await createSqliteStore({ folder, softwareVersion: 'test' }).check('old')).toMatchObject({ damage: [] })
  })

  it('still refuses changes afterwards, and goes on being written', async () => {
    const path = layOldRun()
    const store = createSqliteStore({ folder, softwareVersion: 'test' })
    const run = await store.open('old')
    await run.ledger.append([{ kind: 'run-state', index: 2, state: 'cancelled', reason: '', errorCode: null, at: 1 }])
    await run.close()
    const database = new DatabaseSync(path)
    expect(() => database.exec("UPDATE run_state SET reason = 'x'")).toThrow(/append-only/)
    expect(() => database.exec('DELETE FROM candidate')).toThrow(/append-only/)
    database.close()
    expect((await store.check('old')).damage).toEqual([])
  })

  it('is not read while an older version carries it on, and says so', async () => {
    const path = layOldRun()
    const held = takeWriterLock(dirname(path))!
    const store = createSqliteStore({ folder, softwareVersion: 'test' })
    await expect(store.read('old')).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/layout of an older SeDi.*read it with the older version/),
    })
    held.release()
    await (await store.read('old')).close()
  })

  it('stays in its own layout when the change is interrupted', async () => {
    const path = layOldRun()
    const database = new DatabaseSync(path)
    const rows = database.prepare('SELECT * FROM candidate').all()
    database.exec('PRAGMA journal_mode = WAL; BEGIN IMMEDIATE')
    migrations[1]!(database)
    database.close() // what was not committed is gone
    const again = new DatabaseSync(path)
    expect(versionOf(again)).toBe(1)
    expect(again.prepare('SELECT * FROM candidate').all()).toEqual(rows)
    again.close()
    const ledger = await createSqliteStore({ folder, softwareVersion: 'test' }).read('old')
    expect(await ledger.find('candidate')).toHaveLength(24)
    await ledger.close()
  })
})
