import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { SediError } from '@sedi/spec'
import type { BudgetShare } from './budget-share.ts'
import { openSharedDatabase, sharedDatabasePath, sharedGuarded } from './shared-database.ts'

/** A run's share of a shared budget; idle, and without any cost, until `join`. */
export type SharedBudget = BudgetShare & {
  /**
   * Counts the run under a name from now on, beginning with what its ledger says. Throws `storage`.
   *
   * @param run what it is called in shared.db; no other run of the store may ever have been called so
   */
  join(name: string, run: string): void
  /** Counts it under no name from now on. What was counted stays. */
  leave(): void
}

/** Another process holds the lock for one wait on the disk; five seconds are a stopped process or a very slow disk. */
const busyTimeoutMs = 5000
// A raise is waited for until it is on disk; a lowering can wait for another time.
const wait = `PRAGMA synchronous = FULL; PRAGMA busy_timeout = ${busyTimeoutMs}`
const noWait = 'PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 50'

/**
 * A budget that several runs of a store share: `shared.db` has one row per run with the absolute amount it has committed (settled +
 * uncertain + open). A reservation is granted while the sum of all rows, this run's taken from its own ledger, stays within the cap.
 *
 * Why it cannot be exceeded, whoever dies when: **no row is ever below what its run's ledger has on disk**, and rows are raised only under
 * the write lock of shared.db, by a transaction that has seen the sum.
 *
 * - The order of a reservation is: take shared.db's write lock and add up the others; compare; insert the attempt; commit the raised row
 *   with `synchronous = FULL`; commit the ledger; send. Between any two of these a process may die or the power may fail: before the row is
 *   committed nothing has happened; after it the row is too high, which refuses others money that nobody spends, and never the reverse.
 * - A row is lowered only after the ledger has the outcome on disk, to what the ledger then says. Lost, or not done: too high again.
 *   This needs no wait for the disk of its own (`synchronous = NORMAL`): the log keeps the order of commits, so a raise that survives a
 *   power cut is never based on a lowering that did not.
 * - Amounts are absolute, not differences: writing one twice, or after any of the above, is right. On joining, the row is set to what the
 *   ledger says; the run's writer lock is held, so nobody else writes it. A run that died stays at its worst until then.
 * - An answer that costs more than was reserved raises the row without asking: the money is spent. (Reservations are upper bounds.)
 *
 * When shared.db cannot be written, reservations are refused with `storage` while answers in flight are still recorded.
 */
export function createSharedBudget(storeFolder: string): SharedBudget {
  const path = sharedDatabasePath(storeFolder)
  let joined: Joined | undefined
  /** What the row says. Undefined after a write that may or may not have happened. */
  let written: number | undefined
  /** Sum over the other runs while this process holds shared.db's write lock. */
  let others: number | undefined
  /** Why reservations of the ledger's current transaction are refused. */
  let problem: SediError | undefined
  let brokeCommit = false
  /** What the run's ledger has committed; known from its first transaction on. */
  let committedNow: (() => number) | undefined

  function begin({ database, sumOfOthers, name, run }: Joined): number {
    database.exec(`${wait}; BEGIN IMMEDIATE`)
    return Number(sumOfOthers.get(name, run)?.sum)
  }

  function write({ database, set, name, run }: Joined, nanoUsd: number, how: string): void {
    written = undefined
    if (!database.isTransaction) database.exec(`${how}; BEGIN IMMEDIATE`)
    set.run(name, run, nanoUsd)
    database.exec('COMMIT')
    written = nanoUsd
  }

  function rollBack(): void {
    others = undefined
    if (joined?.database.isTransaction === true) joined.database.exec('ROLLBACK')
  }

  function leave(): void {
    joined?.database.close()
    joined = undefined
    written = undefined
    others = undefined
  }

  function refusing<Value>(work: () => Value): Value {
    try {
      return sharedGuarded(path, work)
    } catch (error) {
      problem = error as SediError
      throw error
    }
  }

  return {
    join(name, run) {
      leave()
      const current = prepare(openSharedDatabase(storeFolder, busyTimeoutMs), name, run)
      joined = current
      try {
        const committed = committedNow?.()
        if (committed !== undefined) sharedGuarded(path, () => write(current, committed, wait))
      } catch (error) {
        leave()
        throw error
      }
    },
    leave,
    othersNanoUsd() {
      if (problem !== undefined) throw problem
      const current = joined
      if (current === undefined) return 0
      others ??= refusing(() => begin(current))
      return others
    },
    beforeCommit(committedNanoUsd) {
      if (joined === undefined || others === undefined) return
      const current = joined
      const committed = committedNanoUsd()
      brokeCommit = true
      if (written === undefined || committed > written) refusing(() => write(current, committed, wait))
      rollBack()
      brokeCommit = false
    },
    afterCommit(committedNanoUsd) {
      problem = undefined
      committedNow = committedNanoUsd
      if (joined === undefined) return
      const committed = committedNanoUsd()
      if (committed === written) return
      try {
        // (Were it a raise, an answer has cost more than was reserved, and the next reservation makes it durable.)
        write(joined, committed, noWait)
      } catch {
        // The row stays as it is; the next commit, or the next opening, tries again.
        tryQuietly(rollBack)
      }
    },
    afterRollback() {
      const mine = brokeCommit
      brokeCommit = false
      if (!mine) problem = undefined
      tryQuietly(rollBack)
      return mine
    },
  }
}

type Joined = { readonly name: string; readonly run: string; readonly database: DatabaseSync; readonly sumOfOthers: StatementSync; readonly set: StatementSync }

function prepare(database: DatabaseSync, name: string, run: string): Joined {
  return {
    name,
    run,
    database,
    sumOfOthers: database.prepare('SELECT coalesce(sum(nano_usd), 0) AS sum FROM committed WHERE budget = ? AND run <> ?'),
    set: database.prepare('INSERT INTO committed VALUES (?, ?, ?) ON CONFLICT (budget, run) DO UPDATE SET nano_usd = excluded.nano_usd'),
  }
}

function tryQuietly(work: () => void): void {
  try {
    work()
  } catch {
    // Whatever it was, the transaction is over.
  }
}
