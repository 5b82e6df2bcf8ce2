import type { ErrorCode, ModelRef, TrainingMetric, TrainingSpec } from '@sedi/spec'
import type { Failure } from './failure.ts'
import type { JobFiles } from './job-files.ts'
import type { ArchitectureOptions } from './model.ts'
import type { EarlyStop } from './should-stop.ts'

export type ModelOptions = ArchitectureOptions & { readonly baseModel?: string | undefined; readonly earlyStop?: EarlyStop | undefined }

export type TrainCommand = {
  readonly type: 'train'
  readonly spec: TrainingSpec
  readonly specHash: string
  readonly files: JobFiles
  readonly options: ModelOptions
  readonly checkpointEverySteps: number
}

export type ScoreItem = { readonly prompt: string; readonly completion: string }
export type ScoreResult = { readonly tokenLogprobs: readonly number[]; readonly topLogprobs: readonly number[] }

export type SampleSettings = {
  readonly maxOutputTokens: number
  readonly temperature: number
  readonly topP: number
  readonly stop: readonly string[]
  readonly seed: number
}

export type Sample = {
  readonly text: string
  readonly finishReason: 'stop' | 'length'
  /** Tokens of the prompt, after cutting. */
  readonly inputTokens: number
  /** Tokens generated, the end token included. */
  readonly outputTokens: number
  /** Tokens cut from the beginning of the prompt. */
  readonly cutTokens: number
}

/** Questions the worker answers with one value. */
export type Question =
  | { readonly type: 'open'; readonly model: { readonly uri: string; readonly digest?: string | undefined } | undefined; readonly options: ModelOptions }
  | { readonly type: 'score'; readonly handle: number; readonly items: readonly ScoreItem[] }
  | { readonly type: 'generate'; readonly handle: number; readonly prompt: string; readonly settings: SampleSettings }

/** What `open` answers with: the name of the model in later questions. */
export type Opened = { readonly handle: number }

/** What the main thread tells the worker. */
export type ToWorker =
  | TrainCommand
  | { readonly type: 'cancel'; readonly jobName: string }
  | { readonly type: 'ask'; readonly request: number; readonly question: Question }
  | { readonly type: 'abandon'; readonly request: number }
  | { readonly type: 'close-model'; readonly handle: number }

export type PlainError = { readonly code: ErrorCode; readonly message: string }

/** What the worker tells the main thread. Of one job: `job-started`, then `job-step` in order, then `job-ended`. */
export type FromWorker =
  | { readonly type: 'job-started'; readonly jobName: string; readonly done: readonly TrainingMetric[]; readonly warnings: readonly string[] }
  | { readonly type: 'job-step'; readonly jobName: string; readonly metric: TrainingMetric }
  | { readonly type: 'job-ended'; readonly jobName: string; readonly end: JobEnd; readonly compiledGraphs: number }
  | { readonly type: 'answer'; readonly request: number; readonly value: unknown }
  | { readonly type: 'refusal'; readonly request: number; readonly error: PlainError }

export type JobEnd =
  | { readonly state: 'succeeded'; readonly model: ModelRef; readonly warnings: readonly string[] }
  | ({ readonly state: 'failed' } & Failure)
  | { readonly state: 'cancelled' }
