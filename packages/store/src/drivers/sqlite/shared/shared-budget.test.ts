import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AttemptFact, type RunFact, SediError } from '@sedi/spec'
import { describeSharedBudgetContract } from '@sedi/testing/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createSqliteStore } from '../../sqlite.ts'
import { openSqliteLedger, type SqliteLedger } from '../ledger.ts'
import type { BudgetShare } from './budget-share.ts'
import { createSharedBudget, type SharedBudget } from './shared-budget.ts'
import { openSharedDatabase } from './shared-database.ts'

let folder: string
const newFolder = (): string => mkdtempSync(join(tmpdir(), 'sedi-budget-'))

describeSharedBudgetContract({
  name: 'sqlite',
  async create() {
    folder = newFolder()
    return createSqliteStore({ folder, softwareVersion: 'test' })
  },
  destroy: async () => rmSync(folder, { recursive: true, force: true }),
})

const runFact: RunFact = { kind: 'run', runId: 'run', config: {}, fingerprint: '', softwareVersion: '', createdAt: 0 }
const attempt = (callId: string, reservedNanoUsd = 1000): AttemptFact => ({
  kind: 'attempt',
  callId,
  attempt: 1,
  round: 1,
  reservedNanoUsd,
  reservedInputTokens: 1,
  reservedOutputTokens: 1,
  recovery: 'lost',
  at: 0,
})
const failed = (callId: string) =>
  ({
    kind: 'outcome',
    callId,
    attempt: 1,
    result: 'failed',
    charged: 'none',
    costNanoUsd: 0,
    errorCode: 'timeout',
    message: '',
    latencyMs: null,
    at: 0,
  }) as const

describe('a shared budget whose process or disk fails', () => {
  let ledger: SqliteLedger
  let share: SharedBudget
  let fault: Partial<BudgetShare> = {}
  beforeEach(async () => {
    folder = newFolder()
    fault = {}
    share = createSharedBudget(folder)
    const faulty: BudgetShare = {
      othersNanoUsd: () => (fault.othersNanoUsd ?? share.othersNanoUsd)(),
      beforeCommit: (committed) => (fault.beforeCommit ?? share.beforeCommit)(committed),
      afterCommit: (committed) => (fault.afterCommit ?? share.afterCommit)(committed),
      afterRollback: () => (fault.afterRollback ?? share.afterRollback)(),
    }
    ledger = openSqliteLedger(join(folder, 'ledger.db'), { readOnly: false, budgetShare: faulty })
    await ledger.append([runFact])
    share.join('team', 'run')
  })
  afterEach(async () => {
    await ledger.close()
    share.leave()
    rmSync(folder, { recursive: true, force: true })
  })

  function row(): number {
    const database = openSharedDatabase(folder, 100)
    const { nano_usd } = database.prepare('SELECT nano_usd FROM committed WHERE run = ?').get('run') as { nano_usd: number }
    database.close()
    return nano_usd
  }
  async function committed(): Promise<number> {
    const { settledNanoUsd, uncertainNanoUsd, openNanoUsd } = await ledger.totals()
    return settledNanoUsd + uncertainNanoUsd + openNanoUsd
  }
  const code = (promise: Promise<unknown>): Promise<string> =>
    promise.then(
      () => 'no error',
      (error: unknown) => (SediError.is(error) ? error.code : String(error)),
    )

  it('between the row and the ledger: the row is too high, never too low, and right again after the next commit', async () => {
    await ledger.reserve(attempt('c0'), 5000)
    fault.beforeCommit = (now) => {
      share.beforeCommit(now)
      throw new SediError('storage', 'the ledger’s disk is gone')
    }
    expect(await code(ledger.reserve(attempt('c1'), 5000))).toBe('storage')
    expect([await committed(), row()]).toEqual([1000, 2000])
    fault = {}
    await ledger.append([failed('c0')])
    expect([await committed(), row()]).toEqual([0, 0])
  })

  it('after the ledger, before the row is lowered: too high until the next commit', async () => {
    await ledger.reserve(attempt('c0'), 5000)
    fault.afterCommit = () => {}
    await ledger.append([failed('c0')])
    expect([await committed(), row()]).toEqual([0, 1000])
    fault = {}
    await ledger.reserve(attempt('c1', 300), 5000)
    expect([await committed(), row()]).toEqual([300, 300])
  })

  it('never lets the ledger have more than the row, at any moment an observer can see', async () => {
    const seen: (readonly [number, number])[] = []
    fault.beforeCommit = (now) => {
      share.beforeCommit(now)
      seen.push([now(), row()])
    }
    for (let i = 0; i < 5; i++) {
      await Promise.all([
        ledger.reserve(attempt(`a${i}`), 50_000),
        ledger.reserve(attempt(`b${i}`, 500), 50_000),
        ...(i > 0 ? [ledger.append([failed(`a${i - 1}`)])] : []),
      ])
    }
    expect(seen.length).toBeGreaterThan(4)
    for (const [inLedger, inRow] of seen) expect(inRow).toBeGreaterThanOrEqual(inLedger)
    expect(row()).toBe(await committed())
  })

  it('lets nobody else add anything between comparing and the commit', async () => {
    const other = openSharedDatabase(folder, 1)
    let refusal = ''
    fault.beforeCommit = (now) => {
      try {
        other.exec('BEGIN IMMEDIATE')
      } catch (error) {
        refusal = String(error)
      }
      share.beforeCommit(now)
    }
    await ledger.reserve(attempt('c0'), 5000)
    expect(refusal).toMatch(/locked/)
    other.exec('BEGIN IMMEDIATE; ROLLBACK')
    other.close()
  })

  it('cannot be written: reservations are refused, what is paid is recorded all the same', async () => {
    await ledger.reserve(attempt('c0'), 5000)
    const blocker = openSharedDatabase(folder, 100)
    blocker.exec('BEGIN IMMEDIATE')
    const refused = ledger.reserve(attempt('c1'), 5000)
    const recorded = ledger.append([failed('c0')])
    expect([await code(refused), await code(recorded)]).toEqual(['storage', 'no error'])
    blocker.exec('ROLLBACK')
    blocker.close()
    expect(await ledger.find('attempt')).toHaveLength(1)
    expect((await ledger.reserve(attempt('c1'), 1000)).granted).toBe(true)
  })

  it('fails at its own commit: the same', async () => {
    await ledger.reserve(attempt('c0'), 5000)
    const blocker = openSharedDatabase(folder, 100)
    blocker.exec("CREATE TRIGGER full BEFORE UPDATE ON committed BEGIN SELECT RAISE(ABORT, 'no room'); END")
    const refused = ledger.reserve(attempt('c1', 2000), 5000)
    const recorded = ledger.append([failed('c0')])
    expect([await code(refused), await code(recorded)]).toEqual(['storage', 'no error'])
    expect([await committed(), row()]).toEqual([0, 1000])
    blocker.exec('DROP TRIGGER full')
    blocker.close()
    expect((await ledger.reserve(attempt('c1'), 1000)).granted).toBe(true)
    expect(row()).toBe(1000)
  })
})

it('a deleted run stays counted, also when a new one takes its name', async () => {
  folder = newFolder()
  let now = 1000
  const store = createSqliteStore({ folder, softwareVersion: 'test' })
  const begin = () => store.create({ ...runFact, createdAt: now++ })
  const first = await begin()
  await first.budget({ maxCostNanoUsd: 1000, shared: 'team' }).reserve(attempt('c0', 900))
  await first.close()
  rmSync(first.folder, { recursive: true })
  const second = await begin()
  const budget = second.budget({ maxCostNanoUsd: 1000, shared: 'team' })
  expect((await budget.reserve(attempt('c0', 101))).granted).toBe(false)
  expect((await budget.reserve(attempt('c0', 100))).granted).toBe(true)
  await second.close()
  rmSync(folder, { recursive: true, force: true })
})
