import type { ErrorCode } from './errors.ts'
import type { Adaptation, Charged, FinishReason, GenerateRequest, Usage } from './generation.ts'
import type { ExampleId, JobRef, JobState, ModelRef } from './training.ts'

/**
 * The facts of a run. Each kind is one append-only table with a natural key (named in the comment); the ledger gives every
 * fact a sequence number when it is recorded. Money is in nanodollars (1e-9 USD, integers), times in milliseconds since the epoch.
 * Calls, candidates, batches, steps, seed events and evals make up the run's digest; times, latencies, prices, paths and attempts do not.
 */
export type Fact =
  | RunFact
  | RunStateFact
  | SessionFact
  | ConfigChangeFact
  | SeedEventFact
  | HeldOutFact
  | ExistingFact
  | AttemptFact
  | OutcomeFact
  | CallFact
  | EmbedCallFact
  | AdaptationFact
  | CandidateFact
  | YieldFact
  | BatchFact
  | TrainingJobFact
  | StepFact
  | TrainingOutcomeFact
  | ScoresFact
  | ModelFact
  | EvalFact
  | StageFact

export type FactKind = (typeof factKinds)[number]

/** Every kind of fact there is. */
export const factKinds = [
  'run',
  'run-state',
  'session',
  'config-change',
  'seed-event',
  'held-out',
  'existing',
  'attempt',
  'outcome',
  'call',
  'embed-call',
  'adaptation',
  'candidate',
  'yield',
  'batch',
  'training-job',
  'step',
  'training-outcome',
  'scores',
  'model',
  'eval',
  'stage',
] as const satisfies readonly Fact['kind'][]

export type FactOf<K extends FactKind> = Extract<Fact, { readonly kind: K }>
export type Recorded<F extends Fact> = F & { readonly seq: number }

/** Key: none (one row). What the run is. */
export type RunFact = {
  readonly kind: 'run'
  readonly runId: string
  /** The resolved configuration, without credentials. */
  readonly config: Readonly<Record<string, unknown>>
  /** Hash over what changes results: configuration and the content of its input files. */
  readonly fingerprint: string
  readonly softwareVersion: string
  readonly createdAt: number
}

/** A `cancelled` run is never continued; what it recorded stays. */
export type RunState = 'running' | 'paused' | 'cancelled' | 'done' | 'failed'

/** Key: index. Each change of the run's state, in order. */
export type RunStateFact = {
  readonly kind: 'run-state'
  readonly index: number
  readonly state: RunState
  readonly reason: string
  readonly errorCode: ErrorCode | null
  readonly at: number
}

/** Key: index. One process that had the run open for writing, and what it ran on. */
export type SessionFact = {
  readonly kind: 'session'
  readonly index: number
  readonly processId: number
  readonly host: string
  readonly platform: string
  readonly runtime: string
  readonly softwareVersion: string
  readonly startedAt: number
}

/** Key: index. Keys that affect speed or money only, changed when the run was resumed; they hold until the next change. */
export type ConfigChangeFact = {
  readonly kind: 'config-change'
  readonly index: number
  /** The changed part of the configuration, as a tree. */
  readonly changes: Readonly<Record<string, unknown>>
  readonly at: number
}

/** Key: index. The seed set's history: the human seeds enter at round 0, feedback adds and evicts at the end of a round. */
export type SeedEventFact = {
  readonly kind: 'seed-event'
  readonly index: number
  readonly round: number
  readonly action: 'add' | 'evict'
  readonly seedId: string
  readonly origin: 'human' | 'machine'
  readonly instruction: string
  readonly input: string
  readonly output: string
  /** The kept instruction that was promoted; null for human seeds. */
  readonly exampleId: ExampleId | null
  /** The attractive batch it was picked from, by its step; null for human seeds and evictions. */
  readonly step: number | null
  /** Last step of the feedback window that decided. */
  readonly windowEnd: number | null
  /** The signal's name: `batch-grad-norm`. */
  readonly signal: string | null
  /** The number that decided: the batch's signal for an addition, the mean signal of the children's batches for an eviction. */
  readonly score: number | null
  readonly reason: string
}

/** Key: itemId. The held-out test set as it was when the run began. */
export type HeldOutFact = {
  readonly kind: 'held-out'
  readonly itemId: string
  readonly instruction: string
  readonly input: string
  readonly reference: string
  readonly group: string
}

/** Key: textId. An instruction that there was before the run (`filter.against`), as it was when the run began: what is written is compared with it. */
export type ExistingFact = {
  readonly kind: 'existing'
  /** File and line: `alpaca.jsonl:17`. */
  readonly textId: string
  readonly instruction: string
}

/** Key: callId, attempt. Recorded before anything is sent; with no outcome it may still be in flight, or its process died. */
export type AttemptFact = {
  readonly kind: 'attempt'
  readonly callId: string
  /** 1 for the first try. */
  readonly attempt: number
  readonly round: number
  /** The worst this attempt can cost; null when the price is unknown. */
  readonly reservedNanoUsd: number | null
  readonly reservedInputTokens: number
  readonly reservedOutputTokens: number
  /** What becomes of it when its process dies: `rejoin` stays open, its answer is fetched later under the same key; `lost` becomes an unknown outcome. */
  readonly recovery: 'lost' | 'rejoin'
  readonly at: number
}

/** Key: callId, attempt. How an attempt ended. */
export type OutcomeFact = {
  readonly kind: 'outcome'
  readonly callId: string
  readonly attempt: number
  readonly result: 'answered' | 'failed' | 'unknown'
  /** `settled`: costNanoUsd is what it cost. `none`: it cost nothing. `uncertain`: costNanoUsd is the most it may have cost. */
  readonly charged: 'settled' | Charged
  /** null when the price is unknown. */
  readonly costNanoUsd: number | null
  readonly errorCode: ErrorCode | null
  readonly message: string
  readonly latencyMs: number | null
  readonly at: number
}

/** Key: callId. A recorded answer: bought once, never asked for again. */
export type CallFact = {
  readonly kind: 'call'
  /** `r03-c0012`; of a follow-up its candidate and stage: `r03-c0012-i07-answer`. */
  readonly callId: string
  readonly round: number
  /** Position in its round; a follow-up has that of the call it follows. */
  readonly index: number
  /** Which question of the prompt strategy it asks: `tasks`, `instructions`, `answer`. */
  readonly stage: string
  /** The candidate a follow-up was bought for; null for the first call. */
  readonly parentId: string | null
  /** The seeds shown in its prompt, in prompt order. */
  readonly seedIds: readonly string[]
  readonly request: GenerateRequest
  readonly requestHash: string
  readonly text: string
  readonly responseHash: string
  readonly finishReason: FinishReason
  readonly provider: string
  readonly modelId: string
  readonly usage: Usage
  readonly costNanoUsd: number | null
  readonly warnings: readonly string[]
  readonly latencyMs: number
  readonly at: number
}

/** Key: callId. Bought embeddings, as they came. */
export type EmbedCallFact = {
  readonly kind: 'embed-call'
  /** `r03-e0001`. */
  readonly callId: string
  readonly round: number
  readonly provider: string
  readonly modelId: string
  /** SHA-256 of each text, in order. */
  readonly textHashes: readonly string[]
  readonly dimensions: number
  /** (N, D) little-endian 32-bit floats, row by row, as base64. */
  readonly vectors: string
  readonly usage: Usage
  readonly costNanoUsd: number | null
  readonly latencyMs: number
  readonly at: number
}

/** Key: provider, modelId, setting. What a model did not accept, and what has been sent instead since. */
export type AdaptationFact = Adaptation & {
  readonly kind: 'adaptation'
  readonly provider: string
  readonly modelId: string
  readonly at: number
}

/**
 * Why a candidate is not kept: the reply could not be read (`malformed`, `truncated`), a named rule or check (`heuristic`, `check`), it repeats
 * a test task or a benchmark (`contaminated`), it resembles an earlier text in words (`similar`) or in meaning (`similar-meaning`),
 * or a follow-up call gave it no usable answer (`unanswered`).
 */
export type RejectionReason = (typeof rejectionReasons)[number]

export const rejectionReasons = ['malformed', 'truncated', 'heuristic', 'check', 'contaminated', 'similar', 'similar-meaning', 'unanswered'] as const

/** Something a check saw in a candidate that is kept all the same. */
export type Flag = {
  /** The check's id. */
  readonly check: string
  readonly detail: string
}

/** Key: id. One item the teacher wrote, kept or not, and why. */
export type CandidateFact = {
  readonly kind: 'candidate'
  /** Its position: `r03-c0012-i07`. */
  readonly id: string
  readonly callId: string
  readonly round: number
  readonly instruction: string
  readonly input: string
  readonly output: string
  readonly verdict: 'kept' | 'rejected'
  /** null when kept. */
  readonly reason: RejectionReason | null
  /** What exactly: the rule that failed, or the broken text. '' when kept. */
  readonly detail: string
  /** The most similar earlier text (an instruction's or a seed's id) and its ROUGE-L F (its cosine for `similar-meaning`); null where similarity was not reached or nothing is similar at all. */
  readonly nearestId: string | null
  readonly nearestScore: number | null
  /** What checks set to `flag` saw. */
  readonly flags: readonly Flag[]
  /** Its share of the call's price, and the whole price of its follow-up calls; null when a price is unknown. */
  readonly costNanoUsd: number | null
}

/**
 * Key: callId. A recorded answer was parsed and filtered; written together with its candidates.
 * An answer without one is either next in line or surplus (bought beyond a `kept` or `costUsd` target).
 */
export type YieldFact = {
  readonly kind: 'yield'
  readonly callId: string
  readonly round: number
  readonly raw: number
  readonly kept: number
}

/** Key: step. A training batch as composed. */
export type BatchFact = {
  readonly kind: 'batch'
  /** The global optimiser step that trains on it. */
  readonly step: number
  readonly round: number
  /** Passes over the pool begun since the round's first batch, from 1. */
  readonly epoch: number
  readonly composer: string
  readonly exampleIds: readonly ExampleId[]
  /** Cluster of each example in this round's clustering; null when nothing needed one. */
  readonly clusters: readonly number[] | null
  /** 1 − mean pairwise ROUGE-L F of the instructions in the batch; null below two rows. */
  readonly diversity: number | null
  /** Pairs in the batch whose ROUGE-L F is above `batches.conflictThreshold`. */
  readonly conflicts: number
}

/** Key: round. The job a round's batches were submitted as. */
export type TrainingJobFact = {
  readonly kind: 'training-job'
  readonly round: number
  readonly jobName: string
  readonly job: JobRef
  readonly at: number
}

/** Key: step. What training on a batch told. */
export type StepFact = {
  readonly kind: 'step'
  readonly step: number
  readonly round: number
  readonly loss: number
  readonly gradNorm: number | null
  readonly learningRate: number | null
  readonly targetTokens: number | null
  /** Aligned with the batch's exampleIds. */
  readonly exampleLosses: readonly number[] | null
  /** Aligned with the batch's exampleIds: mean log p(best token) − log p(target), nats. */
  readonly exampleGaps: readonly number[] | null
  /** Aligned with the batch's exampleIds: EL2N, 0 to √2. Null unless a signal goes by it. */
  readonly exampleErrors: readonly number[] | null
  /** Aligned with the batch's exampleIds: which rows were left out of the loss. Null without a mask. */
  readonly masked: readonly boolean[] | null
  readonly at: number
}

/** Key: index. How an attempt at a training job ended. */
export type TrainingOutcomeFact = {
  readonly kind: 'training-outcome'
  readonly index: number
  readonly round: number
  readonly jobName: string
  /** One of the port's end states. */
  readonly state: JobState
  readonly stepsDone: number
  readonly errorCode: string | null
  readonly message: string
  readonly at: number
}

/** Key: round, measure. Figures of examples that no training step told: by a scorer, over a round's new examples or a probe set. */
export type ScoresFact = {
  readonly kind: 'scores'
  readonly round: number
  /** `ifd`; `probe-loss`, nats per character of an answer, by the model that the round left; `probe-loss-before`, once, by the one before the first such round. */
  readonly measure: string
  /** Who computed them. */
  readonly scorer: string
  readonly ids: readonly string[]
  /** Aligned with ids; null where there is no figure (an empty answer). */
  readonly values: readonly (number | null)[]
}

/** Key: round. The model after a round; round 0 is the base model. */
export type ModelFact = {
  readonly kind: 'model'
  readonly round: number
  readonly model: ModelRef
}

/** Key: round, evaluator, itemId. */
export type EvalFact = {
  readonly kind: 'eval'
  readonly round: number
  readonly evaluator: string
  readonly itemId: string
  readonly value: number
  readonly prediction: string | null
}

export type StageName = 'generate' | 'compose' | 'train' | 'reseed' | 'evaluate'

/** Key: round, stage. A stage of a round is complete; what came of it, in numbers and notes. */
export type StageFact = {
  readonly kind: 'stage'
  readonly round: number
  readonly stage: StageName
  readonly summary: Readonly<Record<string, unknown>>
  readonly at: number
}
