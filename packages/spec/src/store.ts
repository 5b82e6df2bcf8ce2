import type { ErrorCode } from './errors.ts'
import type { AttemptFact, BatchFact, Fact, FactKind, FactOf, Recorded, RejectionReason, RunFact, RunState } from './facts.ts'
import type { CallOptions, RateLimits } from './generation.ts'

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
  /** Most input and output tokens the open attempts may use, and those whose cost is not known may have used. */
  readonly openTokens: number
  readonly uncertainTokens: number
  /** What recorded answers and embeddings cost. */
  readonly settledNanoUsd: number
  /** Answers whose price is unknown; money figures leave them out. */
  readonly unpricedCalls: number
  readonly inputTokens: number
  /** Parts of inputTokens read from, and written to, the provider's prompt cache. */
  readonly cachedInputTokens: number
  readonly cacheWriteInputTokens: number
  readonly outputTokens: number
  /** Part of outputTokens spent on hidden reasoning. */
  readonly reasoningTokens: number
  /** Of the answers, those to follow-up questions. */
  readonly followUpCalls: number
  readonly embedCalls: number
  /** Part of settledNanoUsd that calls for embeddings cost. */
  readonly embedNanoUsd: number
  /** Items written by the teacher, well-formed or not. */
  readonly raw: number
  readonly kept: number
  readonly rejected: Readonly<Record<RejectionReason, number>>
  readonly batches: number
  /** Mean of the batches' diversity; null when none has two rows. Exact to 1e-9. */
  readonly meanBatchDiversity: number | null
  /** Conflicting pairs, over all batches. */
  readonly batchConflicts: number
  readonly steps: number
  readonly seedsPromoted: number
  readonly seedsEvicted: number
  /** In order; rounds in which nothing was counted are left out. */
  readonly rounds: readonly RoundTotals[]
}

export type RoundTotals = {
  readonly round: number
  /** Recorded answers, follow-ups left out. */
  readonly calls: number
  /** Answers that were parsed and filtered. */
  readonly filtered: number
  /** Rows over all batches of the round. */
  readonly batchExamples: number
}

/** Scores of one evaluator after one round over the items of one group. */
export type ScoreTotals = {
  readonly round: number
  readonly evaluator: string
  readonly group: string
  readonly items: number
  readonly total: number
  /** Items with score exactly 1, and exactly 0. */
  readonly ones: number
  readonly zeros: number
}

/** What came of the prompts that showed a seed. */
export type Offspring = {
  readonly children: number
  readonly kept: number
  /** Mean gradient norm over the batches its kept children were trained in, once per child and batch; null when there is none. */
  readonly meanGradNorm: number | null
}

/** Of a fact its number and some fields. */
export type FactColumns<F extends Fact, Fields extends keyof F> = Pick<F, Fields> & { readonly seq: number }

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
  /** The same, a page at a time: for what does not fit in memory. Only facts with a larger `seq` than `after` (default 0). */
  scan<K extends FactKind>(kind: K, where?: Partial<FactOf<K>>, after?: number): AsyncIterable<Recorded<FactOf<K>>>
  /** The facts of one kind with these sequence numbers, in that order; numbers of others are left out. */
  at<K extends FactKind>(kind: K, seqs: readonly number[]): Promise<readonly Recorded<FactOf<K>>[]>
  /**
   * Some fields of every fact of one kind with a larger `seq` than `after` (default 0), in order of recording, thousands at a time: for figures and
   * searches over many facts. As they lie there, without a look at checksums, which are over whole facts.
   */
  columns<K extends FactKind, F extends keyof FactOf<K>>(kind: K, fields: readonly F[], after?: number): AsyncIterable<readonly FactColumns<FactOf<K>, F>[]>
  /**
   * Every fact with a larger `seq` than `after` (default 0), in order of recording, a page at a time, up to the last one there is when this
   * begins. Sequence numbers have no gaps and become visible in their order: who asks again after the last one it saw misses none.
   */
  facts(after?: number): AsyncIterable<Recorded<Fact>>
  /** The number of the last fact; 0 where there is none. Constant cost, however many facts there are; so are `totals`, `scores` and `digest`. */
  last(): Promise<number>
  totals(): Promise<Totals>
  scores(): Promise<readonly ScoreTotals[]>
  /** Cost in the number of the seed's children. */
  offspring(seedId: string): Promise<Offspring>
  /** The batches an example is in, by step. */
  batchesOf(exampleId: string): Promise<readonly Recorded<BatchFact>[]>
  /** Hash of everything that is a result (DESIGN, "Order"): equal for two runs of one config fed the same responses. */
  digest(): Promise<string>
  close(): Promise<void>
}

export type BudgetDecision = {
  readonly granted: boolean
  /** Which cap it would exceed; undefined when granted. */
  readonly exceeds: 'cost' | 'tokens' | undefined
  /** Settled + uncertain + open, after this reservation if granted; over all runs that share the budget. */
  readonly committedNanoUsd: number
  /** The run's own part of it still in flight: it may shrink when those calls settle. */
  readonly openNanoUsd: number
  /** Part of it that other runs have committed; 0 when the budget is not shared. */
  readonly othersNanoUsd: number
  /** The same in input and output tokens, of this run alone. */
  readonly committedTokens: number
  readonly openTokens: number
}

export type BudgetOptions = {
  /** The cap; undefined: none. */
  readonly maxCostNanoUsd: number | undefined
  /** Most input and output tokens of this run, held the same way: for models whose price is unknown. Undefined: no cap. */
  readonly maxTokens?: number | undefined
  /**
   * Name under which runs of one store share the cap. Money that a run committed under a name stays counted there, also when the run
   * changes the name or is deleted; a run that died counts at its worst until it is opened again.
   */
  readonly shared?: string | undefined
}

/** Money, or tokens, that must not be exceeded. */
export interface Budget {
  /**
   * Records the attempt, and with it its reservation, in one transaction — unless what is committed already plus this
   * reservation exceeds a cap; then nothing is recorded. Rejects with `invalid-config` when its price is unknown and the cap is in dollars.
   */
  reserve(attempt: AttemptFact): Promise<BudgetDecision>
}

/**
 * A provider's limits for one key. Requests and tokens are counted in a sliding window of 60 seconds, and requests are spread evenly over
 * it, because many providers count shorter times as well; so that a clock that is set cannot open it, time is measured since the machine
 * started. Calls in flight are counted per process.
 */
export interface Limiter {
  /**
   * Waits until one request of so many tokens may be sent; first come, first served. A request that alone exceeds the token limit is sent
   * when nothing else was sent for a minute. Rejects with `aborted`, or with `storage` when the count cannot be kept.
   */
  acquire(tokens: number, call?: CallOptions): Promise<Permit>
  /** No request before this time (a Retry-After), in milliseconds since the epoch. */
  blockUntil(timeMs: number): void
  /**
   * What the provider said about the key's limits with a reply. A limit that it states caps the configured one, or stands in for it, for
   * ten minutes after it was last stated; use that it has counted and we have not (of others with the same key) takes room until it resets.
   * Holds for all runs of the store that use the key. Numbers that cannot be limits are ignored.
   */
  report(limits: RateLimits): void
  /** From now on at most so many calls in flight, and never more than `concurrency`; calls already in flight go on. */
  allow(calls: number): void
  /** Leaves the line and frees what it holds; permits may be released after it. */
  close(): void
}

/** Whose limits: a key at a provider. */
export type LimitedKey = {
  readonly provider: string
  /** A hash of the key and of where it is used; never the key. */
  readonly keyHash: string
}

export type LimitOptions = {
  /** Calls in flight, in this process. */
  readonly concurrency: number
  readonly requestsPerMinute?: number | undefined
  readonly tokensPerMinute?: number | undefined
}

export type Permit = {
  /** The request goes out now: one that was long in coming is counted from here on, because that is when the provider counts it. */
  sent(): void
  /** Gives the slot back and corrects the token count to what was used; `undefined` keeps the estimate. */
  release(usedTokens: number | undefined): void
}

export type RunSummary = {
  readonly runId: string
  readonly folder: string
  readonly recipe: string
  /** `interrupted`: its process ended without a word. `unreadable`: `reason` says why; the rest is empty. */
  readonly state: RunState | 'interrupted' | 'unreadable'
  readonly reason: string
  readonly createdAt: number
  readonly totals: Totals
}

/** How a run stands: as it was recorded last, or interrupted. `held`: whether some process has it open for writing. */
export function stateShown<State extends string>(
  last: { readonly state: State; readonly reason: string },
  held: boolean,
): { readonly state: State | 'interrupted'; readonly reason: string } {
  if (last.state === 'running' && !held) return { state: 'interrupted', reason: 'its process ended without a word' }
  return { state: last.state, reason: last.reason }
}

/** Where runs live. */
export interface RunStore {
  /** Creates a run with what it begins with (seeds, test set), all in one transaction, and opens it for writing. Rejects with `conflict` when the name is taken. */
  create(run: RunFact, beginning?: readonly Fact[]): Promise<OpenRun>
  /** Opens for writing; only one process can. Attempts that a dead process left open become `unknown` outcomes at their worst case, those that can be rejoined stay open. */
  open(runIdOrPath: string): Promise<OpenRun>
  /** Opens for reading, also while another process writes. */
  read(runIdOrPath: string): Promise<Ledger>
  list(): Promise<readonly RunSummary[]>
  /** The run's own folder for what is not a fact; there only where the run was written. */
  folderOf(runIdOrPath: string): Promise<string>
  /** Whether a process holds the run for writing now. */
  isHeld(runIdOrPath: string): Promise<boolean>
  /** Leaves a request for the process that holds the run. One that is addressed to an earlier session is never followed. */
  request(runIdOrPath: string, request: RunRequest): Promise<void>
  /** Compares everything that is recorded with its checksums, its constraints and what is derived from it. Reads all of it. */
  check(runIdOrPath: string): Promise<LedgerCheck>
  /** Makes what is derived from the facts again. The run must not be open elsewhere. */
  rebuild(runIdOrPath: string): Promise<void>
  /** Every fact that can still be read and proves by its checksum that it is whole, in order of recording; works on damaged files. */
  salvage(runIdOrPath: string): Promise<Salvage>
  /** A consistent copy of the ledger as it is now, also while it is written, in a folder that does not exist yet. */
  backup(runIdOrPath: string, folder: string): Promise<void>
  /**
   * Whether the store can be used now: there, and of a layout that this version knows. Asked once, within a few seconds; nothing is made or
   * changed. Rejects with `storage`, `invalid-credential` or `unsupported`.
   */
  ready(): Promise<void>
  /** What waits for workers, and who they are. Undefined where a store has no queue. Rejects like `ready`. */
  queueFigures?(): Promise<QueueFigures>
  /** Joins those who make the calls of the store's runs. Undefined where a store has no queue. Rejects with `missing-dependency`. */
  openDesk?(): Promise<CallDesk>
}

/** Calls of all runs on their way to workers. */
export type QueueFigures = {
  /** Nobody has them yet. */
  readonly waiting: number
  readonly inHands: number
  readonly workers: number
}

export type DamageKind = 'structure' | 'row' | 'gap' | 'end' | 'reference' | 'projection'

/** One thing that is wrong with a ledger, in words. Only a `projection` can be made again without loss. */
export type Damage = { readonly kind: DamageKind; readonly detail: string }

export type LedgerCheck = {
  readonly folder: string
  readonly facts: number
  /** Empty when the ledger is sound. */
  readonly damage: readonly Damage[]
}

export type Salvage = {
  /** Facts found, and the largest sequence number known to have been recorded. */
  readonly found: number
  readonly recorded: number
  /** Sequence numbers that were not found, as ranges, both ends included. */
  readonly missing: readonly (readonly [number, number])[]
  facts(): Iterable<Recorded<Fact>> | AsyncIterable<Recorded<Fact>>
  close(): void
}

/** What another process may ask of the one that writes a run. `cancel` is the stronger of two. */
export type RunRequest = {
  readonly action: 'pause' | 'cancel'
  /** Index of the session it is meant for: the latest in the ledger when it was made. */
  readonly session: number
}

/** A run held for writing. */
export type OpenRun = {
  readonly ledger: Ledger
  /** Money for this run. Joining a shared budget counts what the run's ledger says it has committed, with the run's next commit at the latest. */
  budget(options: BudgetOptions): Budget
  /**
   * The key's limits. What is sent per minute is counted over all runs of the store that use the key and state a limit per minute;
   * without one nothing is shared and nothing is written. Closed with the run.
   */
  limiter(key: LimitedKey, limits: LimitOptions): Limiter
  /** Calls the listener for each request made to this session, also for one made before this call; until the run is closed. */
  onRequest(listener: (action: RunRequest['action']) => void): void
  /** The run's own folder for what is not a fact: model files. */
  readonly folder: string
  /** Undefined where the store has none. */
  readonly queue?: RunQueue | undefined
  close(): Promise<void>
}

/** A call on its way to whoever makes it. */
export type CallTicket = {
  readonly callId: string
  /** Before others: what waits for it is older. */
  readonly urgent: boolean
  /** What is asked, as text that the queue need not read. No secret. */
  readonly text: string
}

/** A call that somebody has given up, and why. */
export type GivenUpCall = { readonly callId: string; readonly code: ErrorCode; readonly message: string }

/** A run's queue of calls, for the process that holds the run. */
export type RunQueue = {
  /** Calls that were in workers' hands when the run was opened: they go on, and are recorded by whoever makes them. */
  readonly inHands: readonly string[]
  /** Rejects with `missing-dependency`. */
  open(): Promise<CallQueue>
}

/**
 * Where planned calls wait for workers. A call's answer is recorded in the ledger by the worker, together with the end of its ticket; a
 * ticket whose worker is silent for longer than the lease is somebody else's.
 */
export interface CallQueue {
  /** A call whose ticket is there already, also in somebody's hands, keeps that one. */
  put(tickets: readonly CallTicket[]): Promise<void>
  /** Takes back the tickets that nobody holds; resolves with the calls that are still in somebody's hands. */
  takeBack(): Promise<readonly string[]>
  /** Calls given up since this was last asked. */
  givenUp(): Promise<readonly GivenUpCall[]>
  /** Records as uncertain what silent workers have left open. */
  closeLapsed(): Promise<void>
  /** Workers of the store that are there now. */
  workers(): Promise<number>
  close(): Promise<void>
}

/** A ticket in a worker's hands. */
export type HeldTicket = {
  readonly runId: string
  readonly callId: string
  /** Index of the session of the run's owner that put it there. */
  readonly session: number
  readonly text: string
  /** Aborted once it is known that the ticket is somebody else's: nothing of the call can be recorded any more, what it costs is counted already. */
  readonly lapsed: AbortSignal
}

/** What a worker may do in a store. What it holds stays its own while it is heard of; `close` does not wait. */
export interface CallDesk {
  take(atMost: number): Promise<readonly HeldTicket[]>
  /** Ends what an earlier holder left open of this call, as uncertain; resolves with the number of attempts so far. */
  begin(ticket: HeldTicket): Promise<number>
  /**
   * The ticket's run, for one who makes its calls: what is recorded must belong to a call whose ticket is held, else it rejects with
   * `conflict` and `details.lapsed`. Recording an answer ends its ticket.
   */
  enter(runId: string): Promise<WorkedRun>
  /** Ends the ticket without an answer: the run's owner is told. */
  giveUp(ticket: HeldTicket, error: { readonly code: ErrorCode; readonly message: string }): Promise<void>
  /** For somebody else. */
  handBack(tickets: readonly HeldTicket[]): Promise<void>
  close(): Promise<void>
}

export type WorkedRun = Pick<OpenRun, 'ledger' | 'budget' | 'limiter' | 'close'>
