import type { NeighbourSearch, SignalRule } from '@sedi/core'
import type {
  Budget,
  CallQueue,
  Embedder,
  Evaluator,
  HeldOutItem,
  Ledger,
  Limiter,
  Moderator,
  RunConfig,
  Scorer,
  StageFact,
  StageName,
  Task,
  TextGenerator,
  Trainer,
  Verifier,
} from '@sedi/spec'
import type { EmbedderKey } from './calls/accounted-embedder.ts'
import type { Buyer } from './calls/buy-completion.ts'
import type { RunEvent } from './calls/run-events.ts'
import type { CallTelemetry } from './calls/telemetry/call-telemetry.ts'
import type { BenchmarkItem, CheckOutcome, Checks } from './checks/index.ts'
import type { HeldOutTasks } from './state/held-out-tasks.ts'
import type { Meanings } from './state/meanings.ts'
import type { Pool } from './state/pool.ts'
import type { SeedSet } from './state/seed-set.ts'
import type { TrainedBatch } from './state/trained-batches.ts'

/** The adapters of a run, made by the kit. */
export type RunAdapters = {
  readonly generator: TextGenerator
  readonly embedder: Embedder
  /** Of `filter.semantic`; with what proposes neighbours in pools beyond the exact size, unless all are to be compared. */
  readonly semanticFilter?: SemanticFilter | undefined
  /** Undefined for `trainer: none`: no batches are trained and feedback is off. */
  readonly trainer: Trainer | undefined
  /** Of `feedback.scorer`: opens the model that scores examples where the trainer tells nothing of its steps. */
  readonly scorer?: ExampleScorer | undefined
  readonly verifier: Verifier | undefined
  /** Of the check `moderation`. */
  readonly moderator?: Moderator | undefined
  readonly evaluators: readonly Evaluator[]
}

export type ExampleScorer = {
  /** Of the adapter, for the ledger. */
  readonly id: string
  open(): Promise<{ readonly scorer: Scorer; close(): Promise<void> }>
}

export type SemanticFilter = {
  readonly embedder: Embedder
  readonly search?: ((dimensions: number) => NeighbourSearch) | undefined
  /** Has these embedded together, because they are about to be asked for one by one; for an embedder that remembers. */
  readonly prepare?: ((texts: readonly string[]) => Promise<void>) | undefined
}

/** Where a run is, for people. Money in nanodollars. */
export type Progress = {
  readonly round: number
  readonly rounds: number
  readonly stage: StageName | 'done'
  /** Done and planned within the stage: calls, steps, test items; planned is undefined when the end is not known. */
  readonly done: number
  readonly planned: number | undefined
}

export type RunOptions = {
  readonly config: RunConfig
  readonly adapters: RunAdapters
  readonly ledger: Ledger
  readonly budget: Budget
  readonly limiter: Limiter
  /** Workers make the calls; undefined: this process does. */
  readonly queue?: CallQueue | undefined
  /** The limits of an embedder that may charge; those of the teacher when not given. */
  readonly limiterOf?: ((key: EmbedderKey) => Limiter) | undefined
  /** The questions of `filter.benchmarks`. */
  readonly benchmarks?: readonly BenchmarkItem[] | undefined
  readonly clock: () => number
  readonly jitter: () => number
  /** Aborted to pause: nothing new is begun, what is in flight is finished and recorded. A SediError as its reason is why. */
  readonly stop: AbortSignal
  /** Aborted, together with `stop`, when the run is not to be continued. A SediError as its reason is why. */
  readonly cancel?: AbortSignal | undefined
  readonly onProgress: (progress: Progress) => void
  /** Something a person should know that changes no result. */
  readonly onNotice: (message: string) => void
  /** Aborted, after `stop`, when what is in flight is not to be awaited either: it is recorded as uncertain. */
  readonly abort?: AbortSignal | undefined
  /** For logs: what happens around calls. */
  readonly onEvent?: ((event: RunEvent) => void) | undefined
  /** Whether prompts and completions may be in events and spans. @default false */
  readonly logTexts?: boolean | undefined
  /** Default: OpenTelemetry, where its API is installed. */
  readonly telemetry?: CallTelemetry | undefined
}

/** A run in memory: what its ledger says, plus what it works with. */
export type Run = RunOptions & {
  readonly buyer: Buyer
  readonly seeds: SeedSet
  readonly pool: Pool
  /** The pool by meaning; undefined without `filter.semantic`. */
  readonly meanings: Meanings | undefined
  readonly heldOut: readonly HeldOutItem[]
  /** The batches trained so far, in step order, with what the trainer told of them. */
  readonly trained: TrainedBatch[]
  /** What makes a batch attractive, resolved from `feedback.signal`; undefined where there is no feedback. */
  readonly signal: SignalRule | undefined
  /** Figures of examples by `adapters.scorer`. */
  readonly scores: Map<string, number | null>
  /** Of rounds whose probes were scored: how far their loss fell, by cluster. */
  readonly probeDrops: Map<number, ReadonlyMap<number, number>>
  /** Calls whose answers were parsed and filtered. */
  readonly filtered: Set<string>
  readonly contamination: HeldOutTasks
  /** Those of `filter.checks` that are not off. */
  readonly checks: Checks
  /** What they said about tasks at hand. */
  readonly checked: WeakMap<Task, CheckOutcome>
  /** What parsed answers cost, in run order; for `target.costUsd`. */
  spentNanoUsd: number
  readonly stages: Map<string, StageFact>
}

export function finishedStage(run: Run, round: number, stage: StageName): StageFact | undefined {
  return run.stages.get(`${round}/${stage}`)
}

/** Records that a stage is complete, together with the facts that complete it. */
export async function finishStage(
  run: Run,
  round: number,
  stage: StageName,
  summary: StageFact['summary'],
  facts: Parameters<Ledger['append']>[0] = [],
): Promise<void> {
  const fact: StageFact = { kind: 'stage', round, stage, summary, at: run.clock() }
  await run.ledger.append([...facts, fact])
  run.stages.set(`${round}/${stage}`, fact)
}
