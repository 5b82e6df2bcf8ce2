import type { TuningScenario } from './scenarios.ts'

export type TrainingFile = { readonly id: string; readonly filename: string; readonly purpose: string; readonly createdAt: number; readonly content: Buffer }

export type JobStatus = 'validating_files' | 'queued' | 'running' | 'paused' | 'warming_up' | 'succeeded' | 'failed' | 'cancelled'

/** One step as the service tells it. */
export type ToldStep = { readonly step: number; readonly loss: number }

export type JobEvent = {
  readonly id: string
  readonly createdAt: number
  readonly level: 'info' | 'warn' | 'error'
  readonly type: 'message' | 'metrics'
  readonly message: string
  readonly data: Readonly<Record<string, unknown>> | null
}

export type JobError = { readonly code: string; readonly message: string; readonly param: string | null }

/** A job the server works on. */
export type TuningJob = {
  readonly id: string
  readonly model: string
  readonly trainingFile: string
  readonly hyperparameters: Readonly<Record<string, number | 'auto'>>
  readonly suffix: string | null
  readonly metadata: Readonly<Record<string, string>> | null
  readonly seed: number
  readonly createdAt: number
  readonly scenario: TuningScenario
  readonly events: JobEvent[]
  readonly results: ToldStep[]
  status: JobStatus
  stepsDone: number
  /** How often it was asked for. */
  looks: number
  cancelWanted: boolean
  pauseWanted: boolean
  resumed: boolean
  gone: boolean
  finishedAt: number | null
  trainedTokens: number | null
  fineTunedModel: string | null
  resultFiles: readonly string[]
  error: JobError | null
}

export const nowSeconds = (): number => Math.floor(Date.now() / 1000)

export const isOver = ({ status }: Pick<TuningJob, 'status'>): boolean => status === 'succeeded' || status === 'failed' || status === 'cancelled'

/** In the shape of `GET /v1/files/{id}`. */
export const fileObject = ({ id, filename, purpose, createdAt, content }: TrainingFile): object => ({
  id,
  object: 'file',
  bytes: content.length,
  created_at: createdAt,
  filename,
  purpose,
  status: 'processed',
  status_details: null,
})

/** In the shape of `GET /v1/fine_tuning/jobs/{id}`. */
export const jobObject = (job: TuningJob): object => ({
  object: 'fine_tuning.job',
  id: job.id,
  model: job.model,
  created_at: job.createdAt,
  finished_at: job.finishedAt,
  fine_tuned_model: job.fineTunedModel,
  organization_id: 'org-123',
  result_files: job.resultFiles,
  status: job.status,
  validation_file: null,
  training_file: job.trainingFile,
  hyperparameters: job.hyperparameters,
  trained_tokens: job.trainedTokens,
  error: job.error ?? {},
  user_provided_suffix: job.suffix,
  seed: job.seed,
  estimated_finish: null,
  integrations: [],
  metadata: job.metadata,
  method: { type: 'supervised', supervised: { hyperparameters: job.hyperparameters } },
})

/** In the shape of an entry of `GET /v1/fine_tuning/jobs/{id}/checkpoints`; one is kept, at the end. */
export const checkpointsOf = ({ id, fineTunedModel, results, finishedAt }: TuningJob): { readonly id: string }[] => {
  const last = results.at(-1)
  if (fineTunedModel === null || last === undefined) return []
  const metrics = { step: last.step, train_loss: last.loss, train_mean_token_accuracy: 0.5 }
  const names = { id: `ftckpt-${id}`, fine_tuning_job_id: id, fine_tuned_model_checkpoint: fineTunedModel }
  return [{ object: 'fine_tuning.job.checkpoint', ...names, created_at: finishedAt, step_number: last.step, metrics } as { readonly id: string }]
}

/** In the shape of an entry of `GET /v1/fine_tuning/jobs/{id}/events`. */
export const eventObject = ({ id, createdAt, level, type, message, data }: JobEvent): object => ({
  object: 'fine_tuning.job.event',
  id,
  created_at: createdAt,
  level,
  message,
  type,
  ...(data === null ? {} : { data }),
})
