import { existsSync, statSync } from 'node:fs'
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import {
  type AttemptFact,
  type BatchFact,
  type BudgetDecision,
  type Fact,
  type FactKind,
  type FactOf,
  factKinds,
  type Ledger,
  type Recorded,
  SediError,
} from '@sedi/spec'
import { assertPriced } from '../../assert-priced.ts'
import { checksumOf } from '../../facts/checksum.ts'
import { totalsOf } from '../../facts/counters.ts'
import { assertSame } from '../../facts/same-fact.ts'
import { snakeCase } from '../../facts/tables.ts'
import type { EmergencyRoom } from './emergency-room.ts'
import { type Column, columnsOf, decodeRow, encodeFact, keyValues, prepareByKey, prepareInsert } from './fact-rows.ts'
import { createGroupCommit, type Result } from './group-commit.ts'
import { needsUpgrade, openDatabase } from './open-database.ts'
import { createLookups, createProjections, type Projections, readCounters, readDigest } from './projections/projections.ts'
import { readColumns } from './read-columns.ts'
import { lastSeq, readFacts } from './read-facts.ts'
import type { BudgetShare } from './shared/budget-share.ts'
import { guarded, isDiskFull, storageError } from './storage-error.ts'
import { openTailMark, type TailMark } from './tail-mark.ts'
import { assertSound } from './verify.ts'
import { offspringOf, readScores } from './views.ts'

export type SqliteLedger = Ledger & {
  reserve(attempt: AttemptFact, maxCostNanoUsd: number | undefined, maxTokens?: number): Promise<BudgetDecision>
}

export type LedgerOptions = {
  readonly readOnly: boolean
  /**
   * How much is compared with checksums and constraints before the ledger is used. `quick` costs nothing: that the end is there.
   * Default: everything for a writer, and for a reader as well as long as that takes no more than a moment.
   */
  readonly verify?: 'full' | 'quick' | undefined
  /** Largest size of the file in pages; beyond it the disk counts as full. For tests. */
  readonly maxPages?: number | undefined
  /** Space to fall back on when the disk is full; once it is used no new attempt is reserved. */
  readonly emergencyRoom?: EmergencyRoom | undefined
  /** The budget the run shares with others; asked in every transaction, idle until the run joins one. */
  readonly budgetShare?: BudgetShare | undefined
}

type Kind = { readonly columns: readonly Column[]; readonly byKey: StatementSync }

/** Rows read at once by `scan`. */
const pageSize = 500

/**
 * Opens a run's ledger. The writer (`readOnly: false`) must hold the run's writer lock. Throws `storage` when the ledger is damaged.
 *
 * Durability: write-ahead log with `synchronous = FULL`; a promise of `append` or `reserve` resolves after the log reached the disk.
 */
export function openSqliteLedger(path: string, options: LedgerOptions): SqliteLedger {
  if (!options.readOnly) lookFirst(path, options.verify ?? 'full')
  const database = openDatabase(path, options.readOnly)
  try {
    if (options.maxPages !== undefined) database.exec(`PRAGMA max_page_count = ${options.maxPages}`)
    if (options.readOnly) assertSound(database, path, options.verify ?? 'small')
    const kinds = new Map(factKinds.map((kind): [FactKind, Kind] => [kind, { columns: columnsOf(database, kind), byKey: prepareByKey(database, kind) }]))
    const writer = options.readOnly ? undefined : createWriter(database, path, kinds, options)
    const runId = database.prepare('SELECT run_id FROM run')
    return {
      ...createReader(database, path, kinds),
      ...writerMethods(writer, path, database),
      get runId() {
        return String(runId.get()?.run_id ?? '')
      },
    }
  } catch (error) {
    database.close()
    throw storageError(error, path)
  }
}

/** What a writer will open, seen by a reader; nothing when it is new, or has an older layout that has no checksums. */
function lookFirst(path: string, extent: 'full' | 'quick'): void {
  if (!existsSync(path) || statSync(path).size === 0 || needsUpgrade(path)) return
  const database = openDatabase(path, true)
  try {
    assertSound(database, path, extent)
  } catch (error) {
    throw storageError(error, path)
  } finally {
    database.close()
  }
}

type ReaderMethods = Pick<SqliteLedger, 'find' | 'scan' | 'at' | 'columns' | 'facts' | 'last' | 'totals' | 'scores' | 'offspring' | 'batchesOf' | 'digest'>

function createReader(database: DatabaseSync, path: string, kinds: ReadonlyMap<FactKind, Kind>): ReaderMethods {
  /** A page walks the table in its own order: with “+” no index is used, which would bring everything together and sort it for each page. */
  function select(kind: FactKind, where: Readonly<Record<string, unknown>>, after: number, limit: number | undefined): Recorded<Fact>[] {
    const plus = limit === undefined ? '' : '+'
    const conditions = Object.entries(where).filter(([field]) => field !== 'kind')
    const clause = conditions.map(([field]) => ` AND ${plus}"${snakeCase(field)}" IS ?`).join('')
    const values = conditions.map(([, value]) => (value ?? null) as SQLInputValue)
    const query = `SELECT * FROM ${snakeCase(kind)} WHERE seq > ?${clause} ORDER BY seq LIMIT ?`
    const rows = database.prepare(query).all(after, ...values, limit ?? -1)
    return rows.map((row) => decodeRow(kind, row, kinds.get(kind)!.columns))
  }

  return {
    async find<K extends FactKind>(kind: K, where: Partial<FactOf<K>> = {}) {
      return guarded(path, () => select(kind, where, 0, undefined) as Recorded<FactOf<K>>[])
    },
    async *scan<K extends FactKind>(kind: K, where: Partial<FactOf<K>> = {}, after = 0) {
      for (let seen = after; ; ) {
        const page = guarded(path, () => select(kind, where, seen, pageSize) as Recorded<FactOf<K>>[])
        yield* page
        if (page.length < pageSize) return
        seen = page.at(-1)!.seq
      }
    },
    async at<K extends FactKind>(kind: K, seqs: readonly number[]) {
      return guarded(path, () => {
        const statement = database.prepare(`SELECT * FROM ${snakeCase(kind)} WHERE seq = ?`)
        const rows = seqs.map((seq) => statement.get(seq)).filter((row) => row !== undefined)
        return rows.map((row) => decodeRow(kind, row, kinds.get(kind)!.columns) as Recorded<FactOf<K>>)
      })
    },
    columns: (kind, fields, after) => readColumns(database, path, kind, fields, after),
    async *facts(after = 0) {
      const facts = readFacts(database, undefined, after)
      for (;;) {
        const next = guarded(path, () => facts.next())
        if (next.done === true) return
        yield next.value
      }
    },
    last: async () => guarded(path, () => lastSeq(database)),
    totals: async () => guarded(path, () => totalsOf(readCounters(database))),
    scores: async () => guarded(path, () => readScores(database)),
    offspring: async (seedId) => guarded(path, () => offspringOf(database, seedId)),
    batchesOf: async (exampleId) =>
      guarded(path, () =>
        database
          .prepare('SELECT batch.* FROM example_step JOIN batch USING (step) WHERE example_id = ? ORDER BY step')
          .all(exampleId)
          .map((row) => decodeRow('batch', row, kinds.get('batch')!.columns) as Recorded<BatchFact>),
      ),
    digest: async () => guarded(path, () => readDigest(database)),
  }
}

type Writer = {
  append(facts: readonly Fact[]): void
  reserve(attempt: AttemptFact, maxCostNanoUsd: number | undefined, maxTokens: number | undefined): BudgetDecision
  commitAll(works: readonly (() => unknown)[]): Result[]
  close(): void
}

function writerMethods(writer: Writer | undefined, path: string, database: DatabaseSync): Pick<SqliteLedger, 'append' | 'reserve' | 'close'> {
  const group = createGroupCommit((works) => {
    if (writer === undefined) throw new SediError('internal', `The ledger ${path} was opened for reading.`)
    return writer.commitAll(works)
  })
  return {
    append: (facts) => group.run(() => writer!.append(facts)),
    reserve: (attempt, maxCostNanoUsd, maxTokens) => group.run(() => writer!.reserve(attempt, maxCostNanoUsd, maxTokens)),
    async close() {
      await group.drain()
      writer?.close()
      if (database.isOpen) database.close()
    },
  }
}

function createWriter(
  database: DatabaseSync,
  path: string,
  kinds: ReadonlyMap<FactKind, Kind>,
  { emergencyRoom, budgetShare }: Pick<LedgerOptions, 'emergencyRoom' | 'budgetShare'>,
): Writer {
  const inserts = new Map([...kinds].map(([kind, { columns }]) => [kind, prepareInsert(database, kind, columns)]))
  const projections: Projections = createProjections(database, createLookups(database))
  const tailMark: TailMark = openTailMark(path)
  let nextSeq = lastSeq(database) + 1

  function commitOnce(works: readonly (() => unknown)[]): Result[] {
    const before = { nextSeq, projections: projections.mark() }
    try {
      database.exec('BEGIN IMMEDIATE')
      const results = works.map((work) => inSavepoint(work))
      projections.flush()
      budgetShare?.beforeCommit(committedNanoUsd)
      database.exec('COMMIT')
      budgetShare?.afterCommit(committedNanoUsd)
      tailMark.write(nextSeq - 1)
      return results
    } catch (error) {
      nextSeq = before.nextSeq
      projections.rollback(before.projections)
      if (database.isTransaction) tryQuietly(() => database.exec('ROLLBACK'))
      if (budgetShare?.afterRollback() === true) return commitOnce(works)
      throw storageError(error, path)
    }
  }

  function committedNanoUsd(): number {
    const { settledNanoUsd, uncertainNanoUsd, openNanoUsd } = totalsOf(projections.counters)
    return settledNanoUsd + uncertainNanoUsd + openNanoUsd
  }

  function committedTokens(): number {
    const { inputTokens, outputTokens, uncertainTokens, openTokens } = totalsOf(projections.counters)
    return inputTokens + outputTokens + uncertainTokens + openTokens
  }

  /** What we refuse undoes its own entry only; a failing disk is thrown on and undoes the whole group. */
  function inSavepoint(work: () => unknown): Result {
    const before = { nextSeq, projections: projections.mark() }
    database.exec('SAVEPOINT entry')
    try {
      const value = work()
      database.exec('RELEASE entry')
      return { ok: true, value }
    } catch (error) {
      const wrapped = storageError(error, path)
      if (wrapped.code === 'storage' && !SediError.is(error)) throw wrapped
      database.exec('ROLLBACK TO entry; RELEASE entry')
      nextSeq = before.nextSeq
      projections.rollback(before.projections)
      return { ok: false, error: wrapped }
    }
  }

  function insert(fact: Fact): void {
    const { columns, byKey } = kinds.get(fact.kind)!
    const existing = byKey.get(...keyValues(fact))
    if (existing !== undefined) {
      assertSame(fact, decodeRow(fact.kind, existing, columns))
      return
    }
    const values = encodeFact(fact, columns)
    inserts.get(fact.kind)!.run(nextSeq, checksumOf(fact.kind, nextSeq, values), ...values)
    nextSeq++
    projections.add(fact)
  }

  return {
    append: (facts) => facts.forEach(insert),
    reserve(attempt, maxCostNanoUsd, maxTokens) {
      if (emergencyRoom?.opened === true) throw diskFull(path)
      assertPriced(attempt, maxCostNanoUsd)
      const othersNanoUsd = budgetShare?.othersNanoUsd() ?? 0
      const decision = (exceeds: BudgetDecision['exceeds']): BudgetDecision => {
        const { openNanoUsd, openTokens } = totalsOf(projections.counters)
        const committed = { committedNanoUsd: committedNanoUsd() + othersNanoUsd, committedTokens: committedTokens() }
        return { granted: exceeds === undefined, exceeds, ...committed, openNanoUsd, openTokens, othersNanoUsd }
      }
      if (maxCostNanoUsd !== undefined && committedNanoUsd() + othersNanoUsd + (attempt.reservedNanoUsd ?? 0) > maxCostNanoUsd) return decision('cost')
      if (maxTokens !== undefined && committedTokens() + attempt.reservedInputTokens + attempt.reservedOutputTokens > maxTokens) return decision('tokens')
      insert(attempt)
      return decision(undefined)
    },
    commitAll(works) {
      try {
        return commitOnce(works)
      } catch (error) {
        if (!isDiskFull(error) || emergencyRoom?.open() !== true) throw error
        return commitOnce(works)
      }
    },
    close: () => tailMark.close(),
  }
}

function diskFull(path: string): SediError {
  return new SediError(
    'storage',
    `The disk is full (${path}). What was in flight is recorded in the space kept aside for that; nothing new is begun. Make room and resume.`,
  )
}

function tryQuietly(work: () => void): void {
  try {
    work()
  } catch {
    // The first error is the one to report.
  }
}
