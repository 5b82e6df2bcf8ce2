import type { CallOptions, Scorer, TextGenerator } from './generation.ts'

export type ExampleId = string

/** A training record. The trainer takes the loss over `completion` only. */
export type TrainingExample = {
  readonly id: ExampleId
  readonly prompt: string
  readonly completion: string
}

/** A model a trainer made; plain JSON, safe to store. */
export type ModelRef = {
  readonly trainer: string
  /** Where it is, in the trainer's own terms: a path, an id of a service. */
  readonly uri: string
  /** Content hash where the trainer can give one; part of the run's digest. */
  readonly digest?: string | undefined
}

export type Optimiser = {
  readonly learningRate: number
  /** Steps of linear warm-up, counted in global steps. The rate is constant afterwards, so that signals of different steps compare. */
  readonly warmupSteps: number
  /** Gradient clipping: the largest L2 norm of an update's gradient. The reported norm is the one before clipping. */
  readonly maxGradNorm: number
  readonly weightDecay: number
}

/**
 * Which rows of a batch are suspected label errors and stay out of the loss; their losses and gaps are reported all the same.
 * `gap`: rows on which the student prefers another answer by more than `threshold` nats per target token.
 * `trim`: the floor(`share` × rows) rows with the highest losses of each batch.
 * Source: FEEDBACK 6.1; ours, not the paper's.
 */
export type Mask = (
  | { readonly rule: 'gap'; readonly threshold: number }
  | {
      readonly rule: 'trim'
      /** 0 to 1. */
      readonly share: number
    }
) & {
  /** The last global step that is trained without a mask: a student that has learned nothing disagrees with everything. */
  readonly warmSteps: number
  /** Examples that are never left out, whatever the rule says of them. */
  readonly exempt?: readonly ExampleId[] | undefined
}

/** What a step can tell of each row beyond losses and gaps, for a little more work: `error` is `exampleErrors`. */
export type Measure = 'error'

/** One training job: the batches of one round, in order. */
export type TrainingSpec = {
  /** Unique within the run (`r03`); submitting the same name again continues that job instead of starting a second one. */
  readonly jobName: string
  readonly examples: readonly TrainingExample[]
  /** One entry per optimiser step: the ids in that batch. */
  readonly batches: readonly (readonly ExampleId[])[]
  /** Rows of the largest batch; the last batch of an epoch may be shorter. */
  readonly batchSize: number
  /** Global number of the first step, counted from 1 across rounds. */
  readonly firstStep: number
  /** The model to continue from; `undefined` means the trainer's base model. */
  readonly continueFrom?: ModelRef | undefined
  readonly optimiser: Optimiser
  /** Longest example in tokens of the trainer's tokeniser; what is longer is truncated and counted. */
  readonly maxLengthTokens: number
  readonly randomSeed: number
  /** Undefined: every row counts. Only for trainers whose capabilities say `masks`. */
  readonly mask?: Mask | undefined
  /** Asked for; the others are not told. Only for trainers whose capabilities say that they can. */
  readonly measures?: readonly Measure[] | undefined
}

export type SpecIssue = { readonly path: string; readonly message: string }

/** A handle to a submitted job; plain JSON that survives a restart. */
export type JobRef = { readonly trainer: string; readonly id: string } & Readonly<Record<string, unknown>>

export type JobState = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'lost'

export type JobSnapshot = {
  readonly state: JobState
  /** Steps finished in this job. */
  readonly stepsDone: number
  /** Present when succeeded. */
  readonly model?: ModelRef | undefined
  /** Why it failed, for people. */
  readonly error?: string | undefined
  /** Why it failed, for programs: `nan-loss`, `out-of-memory`, `disk-full`, …; the trainer's own word. */
  readonly errorCode?: string | undefined
  readonly warnings?: readonly string[] | undefined
}

/** What one optimiser step tells. Fields a trainer cannot give are absent; its capabilities say so beforehand. */
export type TrainingMetric = {
  /** Global step number. */
  readonly step: number
  /** The ids the trainer saw, in row order: the proof that our batch was kept. Empty where it makes its own batches. */
  readonly exampleIds: readonly ExampleId[]
  /** Mean negative log-likelihood per target token over the batch, nats. */
  readonly loss: number
  /** L2 norm of the gradient of the mean batch loss over trainable parameters, before clipping. */
  readonly gradNorm?: number | undefined
  readonly learningRate?: number | undefined
  /** Mean loss per target token of each row, nats, aligned with exampleIds. */
  readonly exampleLosses?: readonly number[] | undefined
  /**
   * Mean over each row's target tokens of log p(best token) − log p(target), nats, 0 or more; aligned with exampleIds. How firmly the
   * student prefers another answer; most telling the first time it meets the row.
   */
  readonly exampleGaps?: readonly number[] | undefined
  /**
   * EL2N: mean over each row's target tokens of the L2 norm of softmax − one-hot, 0 to √2; aligned with exampleIds. Present exactly when the
   * spec's measures ask for it. Source: Paul et al. (arXiv 2107.07075), over tokens.
   */
  readonly exampleErrors?: readonly number[] | undefined
  /** Whether each row was left out of the loss; aligned with exampleIds. Present exactly when the spec has a mask. */
  readonly masked?: readonly boolean[] | undefined
  /** Target tokens in the batch. */
  readonly targetTokens?: number | undefined
}

/** What a trainer can do, as data; generic code reads this and never asks which trainer it has. */
export type TrainerCapabilities = {
  /** Trains on exactly the batches given, in order. Without it our batches are advisory. */
  readonly fixedBatches: boolean
  readonly perStepLoss: boolean
  readonly perStepGradNorm: boolean
  readonly perExampleLoss: boolean
  readonly perExampleGap: boolean
  /** Tells `exampleErrors` when asked. */
  readonly perExampleError: boolean
  /** Can leave suspected label errors out of the loss (`TrainingSpec.mask`). */
  readonly masks: boolean
  /** Continues a job after its process died. */
  readonly resume: boolean
  readonly cancel: boolean
  /** `open` works: the trained model can be asked. */
  readonly serves: boolean
}

export interface OpenModel {
  readonly generator: TextGenerator
  readonly scorer?: Scorer | undefined
  close(): Promise<void>
}

/** A fine-tuning back end. A local process and a remote service look the same: submit, then observe. */
export interface Trainer {
  readonly specVersion: 1
  readonly id: string
  readonly capabilities: TrainerCapabilities
  /** Everything this back end cannot do about the spec; pure, costs nothing. */
  validate(spec: TrainingSpec): readonly SpecIssue[]
  /** Returns soon. Idempotent by `jobName`. */
  submit(spec: TrainingSpec, call?: CallOptions): Promise<JobRef>
  get(job: JobRef, call?: CallOptions): Promise<JobSnapshot>
  cancel?(job: JobRef, call?: CallOptions): Promise<void>
  /** Metrics of steps after `afterStep` in step order; ends when the job does. */
  metrics?(job: JobRef, call?: CallOptions & { readonly afterStep?: number | undefined }): AsyncIterable<TrainingMetric>
  /** Opens a model for generation and scoring; `undefined` opens the base model. The caller closes it. */
  open?(model: ModelRef | undefined, call?: CallOptions): Promise<OpenModel>
  /** Frees what the trainer holds (a worker thread). Jobs already finished stay finished. */
  close?(): Promise<void>
}
