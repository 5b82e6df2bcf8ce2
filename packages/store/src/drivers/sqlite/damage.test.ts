import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Fact, type Recorded, SediError } from '@sedi/spec'
import { answeredFact, attemptFact, callFact, candidateFact, oneOfEach, runFact } from '@sedi/testing/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSqliteStore } from '../sqlite.ts'

const folder = mkdtempSync(join(tmpdir(), 'sedi-damage-'))
const store = createSqliteStore({ folder, softwareVersion: 'test' })
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let random = 1
/** A small generator of its own, so that a failure can be repeated. */
function nextInt(below: number): number {
  random = (random * 48271) % 2147483647
  return random % below
}

/** A run of some calls with 10 items each, some longer than a page. */
async function layRun(runId: string, calls: number): Promise<{ facts: Recorded<Fact>[]; close(): Promise<void> }> {
  const run = await store.create(runFact(runId), [oneOfEach['held-out']])
  for (let c = 0; c < calls; c++) {
    const callId = `r01-c${String(c).padStart(4, '0')}`
    const words = (count: number): string => Array.from({ length: count }, () => `word${nextInt(9999)}`).join(' ')
    await run.ledger.append([attemptFact(callId)])
    await run.ledger.append([answeredFact(callId), { ...callFact(callId, c), text: words(c % 7 === 0 ? 1500 : 200) }])
    const items = Array.from({ length: 10 }, (_, i) => candidateFact(`${callId}-i0${i}`, callId, { instruction: words(20), output: words(i === 3 ? 900 : 10) }))
    await run.ledger.append([...items, { kind: 'yield', callId, round: 1, raw: 10, kept: 10 }])
    await run.ledger.append([{ ...oneOfEach.batch, step: c + 1, exampleIds: items.map(({ id }) => id), clusters: null }])
  }
  return { facts: await Array.fromAsync(run.ledger.facts()), close: () => run.close() }
}

const codeOf = async (work: Promise<{ close(): Promise<void> }>): Promise<string> => {
  try {
    await (await work).close()
    return 'opened'
  } catch (error) {
    return SediError.is(error, 'storage') && error.message.includes('damaged') ? 'damaged' : String(error)
  }
}

/** Everything that was salvaged is as it was recorded, and everything that was not is named as missing. */
async function expectHonestSalvage(runId: string, facts: readonly Recorded<Fact>[]): Promise<number> {
  const salvage = await store.salvage(runId)
  const found = await Array.fromAsync(salvage.facts())
  salvage.close()
  const recorded = new Map(facts.map((fact) => [fact.seq, fact]))
  for (const fact of found) expect(fact).toEqual(recorded.get(fact.seq))
  const missing = new Set(salvage.missing.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i)))
  const present = new Set(found.map(({ seq }) => seq))
  for (const { seq } of facts) expect(present.has(seq) || missing.has(seq)).toBe(true)
  return found.length
}

describe('a ledger with damaged pages', () => {
  let facts: Recorded<Fact>[]
  let pages: number
  beforeAll(async () => {
    const run = await layRun('sound', 60)
    facts = run.facts
    await run.close()
    pages = statSync(join(folder, 'sound', 'ledger.db')).size / 4096
  })

  function damagedCopy(name: string, bytes: Buffer, at: number): void {
    cpSync(join(folder, 'sound'), join(folder, name), { recursive: true })
    const file = openSync(join(folder, name, 'ledger.db'), 'r+')
    writeSync(file, bytes, 0, bytes.length, at)
    closeSync(file)
  }

  it('50 overwritten pages: each is noticed by reader, writer and doctor; what is on other pages is salvaged', async () => {
    expect(pages).toBeGreaterThan(150)
    for (let i = 0; i < 50; i++) {
      const page = i === 0 ? 0 : 1 + nextInt(pages - 1)
      const noise = Buffer.from(Array.from({ length: 4096 }, () => nextInt(256)))
      damagedCopy(`page-${i}`, i % 3 === 0 ? Buffer.alloc(4096) : noise, page * 4096)
      const run = `page-${i}`
      expect([page, (await store.check(run)).damage.length > 0]).toEqual([page, true])
      expect([page, await codeOf(store.read(run))]).toEqual([page, 'damaged'])
      expect([page, await codeOf(store.open(run))]).toEqual([page, 'damaged'])
      expect((await store.list()).map((summary) => summary.folder)).toContain(join(folder, run))
      // A page holds some rows, and overflow pages of one; the root of a table costs nothing at all.
      expect(await expectHonestSalvage(run, facts)).toBeGreaterThan(facts.length - 61)
      rmSync(join(folder, run), { recursive: true })
    }
  })

  it('single changed bytes: noticed, or without any effect', async () => {
    let noticed = 0
    for (let i = 0; i < 60; i++) {
      const at = nextInt(pages * 4096)
      const [byte] = readFileSync(join(folder, 'sound', 'ledger.db')).subarray(at, at + 1)
      damagedCopy('byte', Buffer.from([byte! ^ (1 + nextInt(255))]), at)
      const { damage } = await store.check('byte')
      if (damage.length > 0) noticed++
      else {
        const ledger = await store.read('byte')
        expect(await Array.fromAsync(ledger.facts())).toEqual(facts)
        await ledger.close()
      }
      await expectHonestSalvage('byte', facts)
      rmSync(join(folder, 'byte'), { recursive: true })
    }
    expect(noticed).toBeGreaterThan(20)
  })

  it('a wrong counter: noticed, named, and made again from the facts', async () => {
    cpSync(join(folder, 'sound'), join(folder, 'counter'), { recursive: true })
    const database = new DatabaseSync(join(folder, 'counter', 'ledger.db'))
    database.exec("UPDATE counter SET value = value - 400 WHERE name = 'settledNanoUsd'; UPDATE seed_offspring SET kept = kept + 1 WHERE seed_id = 'seed-002'")
    database.close()
    const { damage } = await store.check('counter')
    expect(damage).toMatchObject([
      { kind: 'projection', detail: 'the counter settledNanoUsd is 23600, its facts say 24000' },
      { kind: 'projection', detail: 'the offspring of 1 seeds (seed-002, …) is not what the facts say' },
    ])
    expect(await codeOf(store.open('counter'))).toBe('damaged')
    await store.rebuild('counter')
    expect((await store.check('counter')).damage).toEqual([])
    expect(await codeOf(store.open('counter'))).toBe('opened')
  })

  it('a file cut short, and one that is no ledger', async () => {
    for (const bytes of [100, 4096, 4096 * 20, pages * 4096 - 4096, pages * 4096 - 1]) {
      cpSync(join(folder, 'sound'), join(folder, 'short'), { recursive: true })
      truncateSync(join(folder, 'short', 'ledger.db'), bytes)
      // SQLite reads a cut page as if zeros followed: without effect where they did, and only there.
      const effect = bytes % 4096 === 0 || readFileSync(join(folder, 'sound', 'ledger.db')).at(-1) !== 0
      expect([bytes, await codeOf(store.read('short'))]).toEqual([bytes, effect || bytes === 100 ? 'damaged' : 'opened'])
      await expectHonestSalvage('short', facts)
      rmSync(join(folder, 'short'), { recursive: true })
    }
    mkdirSync(join(folder, 'none'))
    writeFileSync(join(folder, 'none', 'ledger.db'), 'not a ledger, '.repeat(1000))
    expect((await store.check('none')).damage).toMatchObject([{ kind: 'structure' }])
    expect((await store.list()).find(({ runId }) => runId === 'none')?.state).toBe('unreadable')
  })

  it.skipIf(process.platform !== 'linux')('a listing that cannot read a run leaves its files closed', async () => {
    const run = join(folder, 'garbled')
    cpSync(join(folder, 'sound'), run, { recursive: true })
    const database = new DatabaseSync(join(run, 'ledger.db'))
    database.exec("PRAGMA ignore_check_constraints = ON; DROP TRIGGER run_no_update; UPDATE run SET config = 'no JSON'")
    database.close()
    expect((await store.list()).find((summary) => summary.folder === run)?.state).toBe('unreadable')
    const open = readdirSync('/proc/self/fd').map((fd) => `/proc/self/fd/${fd}`)
    expect(open.filter((fd) => existsSync(fd)).map((fd) => readlinkSync(fd))).not.toContainEqual(expect.stringContaining(run))
  })
})

describe('a ledger whose write-ahead log was cut off', () => {
  it('20 times, anywhere: noticed, and everything that is left is salvaged', async () => {
    const { facts, close } = await layRun('writing', 20)
    const source = join(folder, 'writing')
    cpSync(source, join(folder, 'cut'), { recursive: true })
    const wal = statSync(join(folder, 'cut', 'ledger.db-wal')).size
    rmSync(join(folder, 'cut'), { recursive: true })
    for (let i = 0; i < 20; i++) {
      cpSync(source, join(folder, 'cut'), { recursive: true })
      truncateSync(join(folder, 'cut', 'ledger.db-wal'), i === 0 ? 0 : i === 1 ? wal - 1 : nextInt(wal))
      expect((await store.check('cut')).damage).not.toEqual([])
      expect(await codeOf(store.read('cut'))).toBe('damaged')
      await expectHonestSalvage('cut', facts)
      expect(await codeOf(store.open('cut'))).toBe('damaged')
      rmSync(join(folder, 'cut'), { recursive: true })
    }
    cpSync(source, join(folder, 'whole'), { recursive: true })
    expect((await store.check('whole')).damage).toEqual([])
    await close()
  })
})
