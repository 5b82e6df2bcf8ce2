import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type OpenRun, type RunRequest, type RunStore, SediError } from '@sedi/spec'
import { type PostgresServer, startPostgres } from '@sedi/testing'
import { answeredFact, attemptFact, callFact, candidateFact, oneOfEach, runFact } from '@sedi/testing/contracts'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newStoreAddress } from '../../fixtures/pg-store.ts'
import { importLedgerFile, writeLedgerFile } from '../../ledger-file.ts'
import { createRowWriter } from '../../row-writer.ts'
import { createPostgresStore } from '../postgres.ts'
import { createSqliteStore } from '../sqlite.ts'
import { layOut, layouts } from './layouts.ts'
import { createServer } from './server.ts'

let server: PostgresServer
let folder: string
let address: string
let store: RunStore
const runs: OpenRun[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sedi-store-'))
  server = await startPostgres()
})
afterAll(async () => {
  await server.destroy()
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(() => {
  address = newStoreAddress(server.url, folder)
  store = storeAt(address)
})
afterEach(async () => {
  for (const run of runs.splice(0)) await run.close()
})

const storeAt = (at: string): RunStore => createPostgresStore({ address: at, softwareVersion: 'test', reconnectForMs: 500 })
const hold = async (opening: Promise<OpenRun>): Promise<OpenRun> => {
  const run = await opening
  runs.push(run)
  return run
}
const failure = async (promise: Promise<unknown>): Promise<SediError> =>
  promise.then(
    () => {
      throw new Error('expected an error')
    },
    (error: unknown) => {
      if (SediError.is(error)) return error
      throw error
    },
  )
const { run: _, session: __, ...others } = oneOfEach

describe('moving a run', () => {
  async function move(from: RunStore, to: RunStore, file: string): Promise<{ readonly digest: string }> {
    const ledger = await from.read('run-1')
    const writer = createRowWriter(join(folder, file))
    await writeLedgerFile('run-1', ledger.facts(), writer)
    await writer.close()
    await ledger.close()
    return importLedgerFile(to, join(folder, file))
  }
  const linesOf = (file: string, but: readonly string[]): string[] =>
    readFileSync(join(folder, file), 'utf8')
      .split('\n')
      .filter((line) => line.includes('"kind"') && !but.some((kind) => line.includes(`"kind":"${kind}"`)))
      .map((line) => JSON.stringify(Object.entries({ ...JSON.parse(line), seq: 0 }).sort()))
      .sort()

  it('from a folder to the database and back keeps every fact, digest and figures', async () => {
    const [before, after] = ['before', 'after'].map((name) => createSqliteStore({ folder: join(folder, name), softwareVersion: 'test' })) as [
      RunStore,
      RunStore,
    ]
    const run = await before.create(runFact())
    await run.ledger.append(Object.values(others))
    for (let i = 1; i < 1500; i++) {
      const callId = `r01-c${i}`
      await run.ledger.append([attemptFact(callId), answeredFact(callId), callFact(callId, i)])
      await run.ledger.append([
        candidateFact(`${callId}-i00`, callId, { output: 'nul \u0000 esc \u001b0 \ud83d' }),
        { kind: 'yield', callId, round: 1, raw: 1, kept: 1 },
      ])
    }
    const digest = await run.ledger.digest()
    const figures = async (of: RunStore): Promise<unknown> => {
      const ledger = await of.read('run-1')
      return [await ledger.totals(), await ledger.scores(), await ledger.offspring('seed-001'), await ledger.digest()]
    }
    await run.close()
    expect((await move(before, store, 'out.jsonl')).digest).toBe(digest)
    expect((await move(store, after, 'back.jsonl')).digest).toBe(digest)
    expect(linesOf('back.jsonl', ['session'])).toEqual(linesOf('out.jsonl', ['session']))
    expect(await figures(store)).toEqual(await figures(before))
    expect(await figures(after)).toEqual(await figures(before))
    expect((await store.check('run-1')).damage).toEqual([])
  })
})

describe('requests', () => {
  function follow(run: OpenRun): RunRequest['action'][] {
    const seen: RunRequest['action'][] = []
    run.onRequest((action) => seen.push(action))
    return seen
  }

  it('reach the process that writes the run at once, one made before it listened as well, each at most once', async () => {
    const run = await hold(store.create(runFact()))
    const other = storeAt(address)
    await other.request('run-1', { action: 'pause', session: 0 })
    const seen = follow(run)
    await expect.poll(() => seen).toEqual(['pause'])
    await other.request('run-1', { action: 'pause', session: 0 })
    await other.request('run-1', { action: 'cancel', session: 0 })
    await expect.poll(() => seen).toEqual(['pause', 'cancel'])
    await wait(100)
    expect(seen).toEqual(['pause', 'cancel'])
  })

  it('to an earlier session are never followed, those to a later one are left alone', async () => {
    await (await store.create(runFact())).close()
    const run = await hold(store.open('run-1'))
    await store.request('run-1', { action: 'cancel', session: 0 })
    const seen = follow(run)
    await wait(200)
    await store.request('run-1', { action: 'pause', session: 2 })
    await wait(200)
    expect(seen).toEqual([])
    await run.close()
    runs.pop()
    const later = follow(await hold(store.open('run-1')))
    await expect.poll(() => later).toEqual(['pause'])
  })
})

describe('layouts', () => {
  const upgrade = [...layouts, 'ALTER TABLE head ADD COLUMN more TEXT']

  it('are made by whoever comes first, once', async () => {
    const all = await Promise.allSettled(Array.from({ length: 6 }, (_, i) => storeAt(address).create(runFact(`run-${i}`))))
    for (const opened of all) if (opened.status === 'fulfilled') runs.push(opened.value)
    expect(all.map(({ status }) => status)).toEqual(Array(6).fill('fulfilled'))
    expect(await store.list()).toHaveLength(6)
  })

  it('are brought up to date while nobody writes, and then refused by software that does not know them', async () => {
    const run = await store.create(runFact())
    await run.ledger.append(Object.values(others))
    const busy = await failure(layOut(createServer(address), upgrade, 300))
    expect([busy.code, busy.message]).toEqual(['conflict', expect.stringContaining('Pause them')])
    await run.close()
    await layOut(createServer(address), upgrade)
    const { rows } = await createServer(address).query('SELECT count(*) AS facts, max(more) AS more FROM head')
    expect(rows).toEqual([{ facts: 1, more: null }])
    for (const late of [() => store.open('run-1'), () => storeAt(address).read('run-1'), () => storeAt(address).list()]) {
      const error = await failure(late())
      expect([error.code, error.message]).toEqual(['unsupported', expect.stringContaining(`layout ${upgrade.length}`)])
    }
  })
})

it('a creation that was interrupted before anything was recorded leaves the name free', async () => {
  await store.list()
  await createServer(address).query(`INSERT INTO head (name, holder, digest, counters) VALUES ('run-1', 'dead', repeat('0', 64), '{}')`)
  expect([(await failure(store.open('run-1'))).code, await store.list()]).toEqual(['not-found', []])
  const both = await Promise.allSettled([store.create(runFact()), storeAt(address).create(runFact())])
  for (const opened of both) if (opened.status === 'fulfilled') runs.push(opened.value)
  expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  expect((await failure(storeAt(address).create(runFact()))).code).toBe('conflict')
})

describe('damage', () => {
  async function tamper(statement: string): Promise<void> {
    const connection = await createServer(address).connect()
    await connection.query('SET session_replication_role = replica')
    await connection.query(statement)
    await connection.close()
  }

  it('is named, and everything else can be saved', async () => {
    const { ledger } = await hold(store.create(runFact()))
    await ledger.append(Object.values(others))
    const facts = await Array.fromAsync(ledger.facts())
    await tamper(`UPDATE candidate SET output = 'another'`)
    await tamper('DELETE FROM eval')
    const [candidate, evaluation] = ['candidate', 'eval'].map((kind) => facts.find((fact) => fact.kind === kind)!.seq) as [number, number]
    expect((await store.check('run-1')).damage).toEqual([
      { kind: 'row', detail: `fact ${candidate} (candidate) is not as it was written` },
      { kind: 'gap', detail: '1 facts between others, or at the end, are missing' },
    ])
    expect((await failure(ledger.find('candidate'))).message).toContain('is damaged')
    const salvage = await store.salvage('run-1')
    expect(salvage.missing).toEqual([candidate, evaluation].map((seq) => [seq, seq]))
    expect(await Array.fromAsync(salvage.facts())).toEqual(facts.filter(({ seq }) => seq !== candidate && seq !== evaluation))
  })

  it('of what is derived is named, and made again', async () => {
    const run = await store.create(runFact())
    await run.ledger.append(Object.values(others))
    const digest = await run.ledger.digest()
    await run.close()
    await tamper(`UPDATE head SET counters = '{"kept": 7}', digest = repeat('0', 64)`)
    await tamper('UPDATE eval_score SET total = 2; DELETE FROM example_step; DELETE FROM seed_offspring')
    const kinds = (await store.check('run-1')).damage
    expect(kinds.every(({ kind }) => kind === 'projection')).toBe(true)
    expect(kinds.length).toBeGreaterThan(10)
    await store.rebuild('run-1')
    expect((await store.check('run-1')).damage).toEqual([])
    expect(await (await store.read('run-1')).digest()).toBe(digest)
  })

  it('cannot be done by an ordinary statement', async () => {
    await hold(store.create(runFact()))
    for (const statement of [`UPDATE "run" SET fingerprint = 'x'`, 'DELETE FROM "run"', 'TRUNCATE "run"'])
      expect((await failure(createServer(address).query(statement))).message).toContain('append-only')
  })
})

describe('an address', () => {
  it.each([
    ['postgres://who:hunter22@127.0.0.1:1/db?options=-csecret/file', 'storage', 'postgres://127.0.0.1:1/db cannot be reached'],
    ['postgres://who:hunter22@127.0.0.1:5432', 'invalid-config', 'names no database'],
    ['postgres://who:hunter22@host/db?schema=No;', 'invalid-config', 'cannot be a name'],
    ['postgres://who:hunter22@[', 'invalid-config', 'cannot be read'],
  ])('%s fails as %s, and says nothing secret', async (wrong, code, text) => {
    const error = await failure((async () => storeAt(wrong).list())())
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(text)])
    expect(`${error.message} ${JSON.stringify(error.details)} ${String(error.cause)} ${error.stack}`).not.toMatch(/hunter22|secret\/file/)
  })

  it('of a database that is not there says so', async () => {
    expect((await failure(storeAt(server.url.replace(/postgres$/, 'nowhere')).list())).message).toContain('there is no such database')
  })
})
