import { accessSync, constants, existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { type AttemptFact, type BudgetDecision, type Fact, type FactKind, type FactOf, type Ledger, type Recorded, SediError, type Totals } from '@sedi/spec'
import { counterChanges, totalsOf } from './counters.ts'
import { digestOf } from './digest.ts'
import type { EmergencyRoom } from './emergency-room.ts'
import { createGroupCommit, type Result } from './group-commit.ts'
import { migrations } from './migrations.ts'
import { isDiskFull, storageError } from './storage-error.ts'
import { camelCase, factKinds, snakeCase, tables } from './tables.ts'

export type SqliteLedger = Ledger & {
  reserve(attempt: AttemptFact, maxCostNanoUsd: number | undefined): Promise<BudgetDecision>
}

export type LedgerOptions = {
  readonly readOnly: boolean
  /** Largest size of the file in pages; beyond it the disk counts as full. For tests. */
  readonly maxPages?: number | undefined
  /** Space to fall back on when the disk is full; once it is used no new attempt is reserved. */
  readonly emergencyRoom?: EmergencyRoom | undefined
}

type Row = Readonly<Record<string, unknown>>

/** How one kind of fact is written and read back. */
type Statements = {
  readonly columns: readonly { readonly column: string; readonly field: string }[]
  readonly insert: StatementSync | undefined
  readonly byKey: StatementSync
}

/**
 * Opens a run's ledger. The writer (`readOnly: false`) must hold the run's writer lock.
 *
 * Durability: write-ahead log with `synchronous = FULL`; a promise of `append` or `reserve` resolves after the log reached the disk.
 */
export function openSqliteLedger(path: string, { readOnly, maxPages, emergencyRoom }: LedgerOptions): SqliteLedger {
  const database = openDatabase(path, readOnly)
  if (maxPages !== undefined) database.exec(`PRAGMA max_page_count = ${maxPages}`)
  const statements = new Map(factKinds.map((kind) => [kind, prepareKind(database, kind, readOnly)]))
  const addToCounter = readOnly
    ? undefined
    : database.prepare('INSERT INTO counter VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value')
  const readCounters = database.prepare('SELECT name, value FROM counter')
  let nextSeq = readOnly ? 0 : lastSeq(database) + 1

  const totals = (): Totals => totalsOf(new Map(readCounters.all().map((row) => [String(row.name), Number(row.value)])))
  const group = createGroupCommit(commitAll)

  function commitAll(works: readonly (() => unknown)[]): Result[] {
    try {
      return commitOnce(works)
    } catch (error) {
      if (!isDiskFull(error) || emergencyRoom?.open() !== true) throw error
      return commitOnce(works)
    }
  }

  function commitOnce(works: readonly (() => unknown)[]): Result[] {
    const seqBefore = nextSeq
    try {
      database.exec('BEGIN IMMEDIATE')
      const results = works.map((work) => inSavepoint(work))
      database.exec('COMMIT')
      return results
    } catch (error) {
      nextSeq = seqBefore
      if (database.isTransaction) tryQuietly(() => database.exec('ROLLBACK'))
      throw storageError(error, path)
    }
  }

  /** What we refuse undoes its own entry only; a failing disk is thrown on and undoes the whole group. */
  function inSavepoint(work: () => unknown): Result {
    const seqBefore = nextSeq
    database.exec('SAVEPOINT entry')
    try {
      const value = work()
      database.exec('RELEASE entry')
      return { ok: true, value }
    } catch (error) {
      const wrapped = storageError(error, path)
      if (wrapped.code === 'storage' && !SediError.is(error)) throw wrapped
      database.exec('ROLLBACK TO entry; RELEASE entry')
      nextSeq = seqBefore
      return { ok: false, error: wrapped }
    }
  }

  function insert(fact: Fact): void {
    const { columns, insert: statement, byKey } = statements.get(fact.kind)!
    const existing = byKey.get(...keyValues(fact))
    if (existing !== undefined) {
      assertSame(fact, decode(fact.kind, existing, columns))
      return
    }
    statement!.run(nextSeq, ...columns.map(({ field }) => encode(fact, field)))
    nextSeq++
    for (const [name, change] of Object.entries(counterChanges(fact, () => reservedBy(fact)))) {
      if (change !== 0) addToCounter!.run(name, change)
    }
  }

  function reservedBy(fact: Fact): number {
    if (fact.kind !== 'outcome') return 0
    const row = statements.get('attempt')!.byKey.get(fact.callId, fact.attempt)
    if (row === undefined) throw new SediError('internal', `An outcome of attempt ${fact.callId}/${fact.attempt} came without the attempt.`)
    return Number(row.reserved_nano_usd ?? 0)
  }

  function reserveNow(attempt: AttemptFact, maxCostNanoUsd: number | undefined): BudgetDecision {
    if (emergencyRoom?.opened === true) {
      throw new SediError(
        'storage',
        `The disk is full (${path}). What was in flight is recorded in the space kept aside for that; nothing new is begun. Make room and resume.`,
      )
    }
    const { settledNanoUsd, uncertainNanoUsd, openNanoUsd } = totals()
    const committedNanoUsd = settledNanoUsd + uncertainNanoUsd + openNanoUsd
    const amount = attempt.reservedNanoUsd ?? 0
    if (maxCostNanoUsd !== undefined && committedNanoUsd + amount > maxCostNanoUsd) return { granted: false, committedNanoUsd, openNanoUsd }
    insert(attempt)
    return { granted: true, committedNanoUsd: committedNanoUsd + amount, openNanoUsd: openNanoUsd + amount }
  }

  return {
    get runId() {
      return String(database.prepare('SELECT run_id FROM run').get()?.run_id ?? '')
    },
    append: (facts) => group.run(() => facts.forEach(insert)),
    reserve: (attempt, maxCostNanoUsd) => group.run(() => reserveNow(attempt, maxCostNanoUsd)),
    async find<K extends FactKind>(kind: K, where: Partial<FactOf<K>> = {}) {
      const { columns } = statements.get(kind)!
      const conditions = Object.entries(where).filter(([field]) => field !== 'kind')
      const clause = conditions.map(([field]) => `"${snakeCase(field)}" IS ?`).join(' AND ')
      const query = `SELECT * FROM ${snakeCase(kind)} ${clause === '' ? '' : `WHERE ${clause}`} ORDER BY seq`
      const values = conditions.map(([, value]) => (value ?? null) as SQLInputValue)
      return guarded(path, () =>
        database
          .prepare(query)
          .all(...values)
          .map((row) => decode(kind, row, columns) as Recorded<FactOf<K>>),
      )
    },
    totals: async () => guarded(path, totals),
    digest: async () => guarded(path, () => digestOf(database)),
    async close() {
      await group.drain()
      if (database.isOpen) database.close()
    },
  }
}

function openDatabase(path: string, readOnly: boolean): DatabaseSync {
  return guarded(path, () => {
    const database = new DatabaseSync(readOnly ? readableLocation(path) : path, { readOnly })
    database.exec('PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON')
    if (!readOnly) {
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
      migrate(database)
    }
    const version = versionOf(database)
    if (version === migrations.length) return database
    database.close()
    if (version === 0)
      throw new SediError('not-found', `There is no run in ${path}: its creation was interrupted before anything was recorded. Delete its folder.`)
    throw new SediError(
      'unsupported',
      `The ledger ${path} has layout ${version}; this version of SeDi reads up to ${migrations.length}. Update SeDi, or open the run for writing once to bring an older ledger up to date.`,
    )
  })
}

/**
 * Reading a write-ahead log needs a file beside it, which a read-only disk does not allow. A ledger that was closed properly has no log
 * left and can be read as it is; one that has cannot be read there without missing its latest facts, so it is refused.
 */
function readableLocation(path: string): string | URL {
  if (!existsSync(path) || canWrite(dirname(path))) return path
  if (existsSync(`${path}-wal`)) {
    throw new SediError(
      'storage',
      `Cannot read ${path} on a read-only disk: its latest facts are still in its log. Copy the run's folder to a disk that can be written.`,
    )
  }
  const location = pathToFileURL(path)
  location.searchParams.set('immutable', '1')
  return location
}

function canWrite(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false
  }
}

function migrate(database: DatabaseSync): void {
  for (let version = versionOf(database); version < migrations.length; version++) {
    database.exec(`BEGIN IMMEDIATE; ${migrations[version]!}; ${version === 0 ? appendOnlyTriggers() : ''} PRAGMA user_version = ${version + 1}; COMMIT`)
  }
}

function versionOf(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.user_version)
}

/** Facts never change and never leave; not even by our own mistake. */
function appendOnlyTriggers(): string {
  return factKinds
    .map(snakeCase)
    .flatMap((table) =>
      ['UPDATE', 'DELETE'].map(
        (verb) => `CREATE TRIGGER ${table}_no_${verb.toLowerCase()} BEFORE ${verb} ON ${table} BEGIN SELECT RAISE(ABORT, 'facts are append-only'); END;`,
      ),
    )
    .join('\n')
}

function prepareKind(database: DatabaseSync, kind: FactKind, readOnly: boolean): Statements {
  const table = snakeCase(kind)
  const all = database
    .prepare(`PRAGMA table_info(${table})`)
    .all()
    .map((row) => String(row.name))
  const columns = all.filter((column) => column !== 'seq' && column !== 'only').map((column) => ({ column, field: camelCase(column) }))
  const names = columns.map(({ column }) => `"${column}"`).join(', ')
  const places = columns.map(() => '?').join(', ')
  const key = tables[kind].key.map((field) => `"${snakeCase(String(field))}" = ?`).join(' AND ')
  return {
    columns,
    insert: readOnly ? undefined : database.prepare(`INSERT INTO ${table} (seq, ${names}) VALUES (?, ${places})`),
    byKey: database.prepare(`SELECT * FROM ${table} ${key === '' ? '' : `WHERE ${key}`}`),
  }
}

function lastSeq(database: DatabaseSync): number {
  const union = factKinds.map((kind) => `SELECT max(seq) AS seq FROM ${snakeCase(kind)}`).join(' UNION ALL ')
  return Number(database.prepare(`SELECT coalesce(max(seq), 0) AS seq FROM (${union})`).get()?.seq)
}

function keyValues(fact: Fact): SQLInputValue[] {
  const fields = fact as unknown as Row
  return (tables[fact.kind].key as readonly string[]).map((field) => fields[field] as SQLInputValue)
}

function encode(fact: Fact, field: string): SQLInputValue {
  const value = (fact as unknown as Row)[field] ?? null
  if (value === null) return null
  return isJson(fact.kind, field) ? JSON.stringify(value) : (value as SQLInputValue)
}

function decode(kind: FactKind, row: Row, columns: readonly { readonly column: string; readonly field: string }[]): Fact & { seq: number } {
  const fact: Record<string, unknown> = { kind, seq: Number(row.seq) }
  for (const { column, field } of columns) {
    const value = row[column] ?? null
    fact[field] = value !== null && isJson(kind, field) ? JSON.parse(String(value)) : value
  }
  return fact as unknown as Fact & { seq: number }
}

const isJson = (kind: FactKind, field: string): boolean => (tables[kind].json as readonly string[]).includes(field)

/** Recording an equal fact again is a replay after a crash; a different one means that something answered differently the second time. */
function assertSame(fact: Fact, existing: Fact): void {
  const { key, volatile } = tables[fact.kind] as { key: readonly string[]; volatile: readonly string[] }
  const [now, before] = [fact, existing] as unknown as [Row, Row]
  for (const field of Object.keys(before)) {
    if (field === 'seq' || field === 'kind' || volatile.includes(field)) continue
    const [a, b] = [JSON.stringify(now[field] ?? null), JSON.stringify(before[field] ?? null)]
    if (a === b) continue
    const name = [fact.kind, ...key.map((part) => String(now[part]))].join(' ')
    throw new SediError(
      'conflict',
      `${name} was recorded before with another ${field}: recorded ${clip(b)}, now ${clip(a)}. The first record stays; something outside answered differently the second time.`,
      { details: { kind: fact.kind, field } },
    )
  }
}

const clip = (text: string): string => (text.length <= 120 ? text : `${text.slice(0, 119)}…`)

function guarded<Result>(path: string, work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    throw storageError(error, path)
  }
}

function tryQuietly(work: () => void): void {
  try {
    work()
  } catch {
    // The first error is the one to report.
  }
}
