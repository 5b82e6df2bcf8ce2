import type { AttemptFact, Fact, FactKind, FactOf, Recorded, RejectionReason, RunFact, RunState } from './facts.ts'
import type { CallOptions } from './generation.ts'

/** Counters of a run, updated in the transaction that records the facts they count. */
export type Totals = {
  /** Recorded answers. */
  readonly calls: number
  readonly attempts: number
  /** Attempts without an outcome: in flight, or their process died. */
  readonly openAttempts: number
  /** Most the open attempts may cost. */
  readonly openNanoUsd: number
  /** Attempts whose cost is not known, counted at their worst in uncertainNanoUsd. */
  readonly uncertainAttempts: number
  readonly uncertainNanoUsd: number
  /** What recorded answers cost. */
  readonly settledNanoUsd: number
  /** Answers whose price is unknown; money figures leave them out. */
  readonly unpricedCalls: number
  readonly inputTokens: number
  readonly outputTokens: number
  /** Items written by the teacher, well-formed or not. */
  readonly raw: number
  readonly kept: number
  readonly rejected: Readonly<Record<RejectionReason, number>>
  readonly steps: number
  readonly seedsPromoted: number
  readonly seedsEvicted: number
}

/** The book of one run. Facts go in, never change, never leave. */
export interface Ledger {
  readonly runId: string
  /**
   * Records facts together: all of them or none; resolves when they are on disk. A fact whose key is already there is ignored when
   * equal (apart from times, latencies and the like) and rejects with `conflict` when not. Rejects with `storage` when the disk
   * refuses; then nothing of this call was recorded.
   */
  append(facts: readonly Fact[]): Promise<void>
  /** Facts of one kind whose fields equal `where`, in order of recording. */
  find<K extends FactKind>(kind: K, where?: Partial<FactOf<K>>): Promise<readonly Recorded<FactOf<K>>[]>
  totals(): Promise<Totals>
  /** Hash of everything that is a result (DESIGN, "Order"): equal for two runs of one config fed the same responses. */
  digest(): Promise<string>
  close(): Promise<void>
}

export type BudgetDecision = {
  readonly granted: boolean
  /** Settled + uncertain + open, after this reservation if granted. */
  readonly committedNanoUsd: number
  /** Part of it still in flight: it may shrink when those calls settle. */
  readonly openNanoUsd: number
}

/** Money that must not be exceeded. */
export interface Budget {
  /**
   * Records the attempt, and with it its reservation, in one transaction — unless what is committed already plus this
   * reservation exceeds the cap; then nothing is recorded.
   */
  reserve(attempt: AttemptFact): Promise<BudgetDecision>
}

/** A provider's limits for one key; shared by all runs of a store. */
export interface Limiter {
  /** Waits until one request of so many tokens may be sent. Rejects with `aborted`. */
  acquire(tokens: number, call?: CallOptions): Promise<Permit>
  /** No request before this time (a Retry-After). */
  blockUntil(timeMs: number): void
}

export type Permit = {
  /** Gives the slot back and corrects the token count to what was used; `undefined` keeps the estimate. */
  release(usedTokens: number | undefined): void
}

/** Exclusive rights that end with the process that holds them, however it ends. */
export interface Claims {
  /** Rejects with `conflict`, naming the holder, when another process has it. */
  claim(name: string): Promise<{ release(): Promise<void> }>
}

export type RunSummary = {
  readonly runId: string
  readonly folder: string
  readonly recipe: string
  readonly state: RunState | 'interrupted'
  readonly reason: string
  readonly createdAt: number
  readonly totals: Totals
}

/** Where runs live. */
export interface RunStore {
  /** Creates a run with what it begins with (seeds, test set), all in one transaction, and opens it for writing. Rejects with `conflict` when the name is taken. */
  create(run: RunFact, beginning?: readonly Fact[]): Promise<OpenRun>
  /** Opens for writing; only one process can. Attempts that a dead process left open become `unknown` outcomes at their worst case. */
  open(runIdOrPath: string): Promise<OpenRun>
  /** Opens for reading, also while another process writes. */
  read(runIdOrPath: string): Promise<Ledger>
  list(): Promise<readonly RunSummary[]>
}

/** A run held for writing. */
export type OpenRun = {
  readonly ledger: Ledger
  budget(options: { readonly maxCostNanoUsd: number | undefined }): Budget
  /** The run's own folder for what is not a fact: model files. */
  readonly folder: string
  close(): Promise<void>
}
