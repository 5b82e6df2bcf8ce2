/**
 * What a run's ledger asks of a budget that several runs share. All of it is synchronous and happens inside, or right after, the ledger's
 * own transaction; `shared-budget.ts` says why this order can never spend more than the cap.
 */
export type BudgetShare = {
  /** What the other runs have committed, in nanodollars; nobody can add to it before this transaction ends. 0 when nothing is shared. Throws `storage`. */
  othersNanoUsd(): number
  /** Before the ledger's COMMIT: makes the run's new total durable where the others see it. Throws `storage`, and then nothing may be committed. */
  beforeCommit(committedNanoUsd: () => number): void
  /** After the ledger's COMMIT: lets the others see what was settled. Never throws. */
  afterCommit(committedNanoUsd: () => number): void
  /** The ledger rolled back. True when the share was the reason: the same work may be tried again, and reservations in it are then refused. */
  afterRollback(): boolean
}
