import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { basename, extname, join, resolve } from 'node:path'
import { maskOf, waitForJob } from '@sedi/pipeline'
import {
  type JobSnapshot,
  type Ledger,
  type ModelRef,
  type RunConfig,
  SediError,
  studentPrompt,
  type Trainer,
  type TrainingMetric,
  type TrainingSpec,
} from '@sedi/spec'
import { createRowWriter } from '@sedi/store'
import { trainerCapabilities } from '@sedi/trainers'
import { createTrainer } from '../adapters.ts'
import { applyAssignment } from '../config/load-config.ts'
import { parseConfig, type RawConfig } from '../config/parse-config.ts'
import { builtInSeedNames } from '../inputs/built-in-seeds.ts'
import { type BatchedInstructions, type BatchOptions, batchInstructions } from './batch-instructions.ts'

export type TrainFileOptions = Omit<BatchOptions, 'withAnswers'> & {
  /** The caller's folder: names in options mean this. */
  readonly cwd: string
  /** @default 'embedded' */
  readonly trainer?: string | undefined
  /** As the trainer takes it; a folder or file of that name wins over a model of a hub. */
  readonly baseModel?: string | undefined
  readonly learningRate?: number | undefined
  /** `trainer.a=b`, `training.a=b` or `batches.a=b` each; the value is read as YAML. */
  readonly set?: readonly string[] | undefined
  /** Where models and their steps are kept. @default 'models' */
  readonly out?: string | undefined
  /** Of the model. @default the data's name and a hash of everything that decides the outcome: another model for other settings */
  readonly name?: string | undefined
  /** Ends the waiting: finished steps are kept, and the same call goes on. */
  readonly stop?: AbortSignal | undefined
  readonly onBatches?: ((batched: BatchedInstructions) => void) | undefined
  readonly onProgress?: ((progress: TrainProgress) => void) | undefined
  readonly onNotice?: ((message: string) => void) | undefined
}

export type TrainProgress = {
  readonly done: number
  readonly planned: number
  /** The last step's; undefined where the trainer tells none. */
  readonly metric?: TrainingMetric | undefined
}

export type FileTraining = {
  readonly name: string
  readonly trainer: string
  readonly rows: number
  readonly steps: number
  readonly firstLoss: number | undefined
  readonly lastLoss: number | undefined
  readonly model: ModelRef
  /** Where the model is, for trainers that keep it here; else its address. */
  readonly location: string
  /** A line for each step: ids, loss, gradient norm and what else the trainer tells; undefined where it tells no steps. */
  readonly stepsFile: string | undefined
  readonly warnings: readonly string[]
}

type Source = { readonly file: string } | { readonly ledger: Ledger; readonly name: string }

/**
 * Trains a model on a data file, or on what a run kept, without a run: one job on batches composed as `sedi batch` composes them.
 *
 * Idempotent: the same data and settings are the same job, which is continued when it was interrupted and found when it is done. Throws
 * `invalid-config`, `invalid-input` or `unsupported` before anything is started; `aborted` when stopped; `provider-response` with
 * `details.errorCode` when the trainer fails, after which the same call tries again.
 */
export async function trainFile(source: Source, options: TrainFileOptions): Promise<FileTraining> {
  const { cwd, epochs, tokenizer, embedder, randomSeed = 1, stop = new AbortController().signal, onNotice = () => {} } = options
  const config = configOf(options)
  const batched = await batchInstructions(source, { ...config.batches, epochs, tokenizer, embedder, randomSeed, withAnswers: true })
  options.onBatches?.(batched)
  const spec = specOf(batched, config, randomSeed, options.name ?? stemOf('file' in source ? source.file : source.name), options.name !== undefined)
  const folder = resolve(cwd, options.out ?? 'models')
  mkdirSync(folder, { recursive: true })
  const trainer = await createTrainer(config, folder, onNotice)
  if (trainer === undefined) throw new SediError('invalid-config', '--trainer none trains nothing. Choose a trainer.')
  try {
    return await carryOut(trainer, spec, folder, { ...options, stop, onNotice })
  } finally {
    await trainer.close?.()
  }
}

/** The configuration of a run that does nothing but train: its defaults and its complaints are those of a run. */
function configOf({ cwd, trainer = 'embedded', baseModel, learningRate, set = [], ...batching }: TrainFileOptions): RunConfig {
  const { size, composer, variant, clusters, conflictThreshold, conflictLimit } = batching
  let raw: RawConfig = {
    ...{ recipe: 'sedi', seeds: builtInSeedNames[0], generator: 'simulated', target: { calls: 1 }, seedPolicy: { rule: 'fixed' } },
    trainer: { id: trainer, ...given({ baseModel }) },
    training: given({ learningRate }),
    batches: given({ size, composer, variant, clusters, conflictThreshold, conflictLimit }),
  }
  for (const assignment of set) {
    if (!/^(trainer|training|batches)\./.test(assignment))
      throw new SediError('invalid-config', `--set ${assignment}: expected a key under trainer, training or batches, as in --set training.maxLength=1024.`)
    raw = applyAssignment(raw, assignment)
  }
  const config = parseConfig(raw, join(cwd, 'the options'))
  if (config.training.epochsPerRound !== undefined || config.training.stepsPerRound !== undefined)
    throw new SediError('invalid-config', 'training.epochsPerRound and training.stepsPerRound are of a run’s rounds. Use --epochs.')
  return config
}

const given = (values: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))

const stemOf = (path: string): string =>
  basename(path, extname(path))
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 60) || 'data'

function specOf({ rows, batches }: BatchedInstructions, config: RunConfig, randomSeed: number, name: string, named: boolean): TrainingSpec {
  const { learningRate, warmupSteps, maxGradNorm, weightDecay, maxLength } = config.training
  const used = new Set(batches.flatMap(({ ids }) => ids))
  const spec = {
    examples: rows.flatMap(({ id, task }) => (used.has(id) && task !== undefined ? [{ id, prompt: studentPrompt(task), completion: task.output }] : [])),
    batches: batches.map(({ ids }) => ids),
    batchSize: config.batches.size,
    firstStep: 1,
    optimiser: { learningRate, warmupSteps, maxGradNorm, weightDecay },
    maxLengthTokens: maxLength,
    randomSeed,
    mask: maskOf(
      1,
      batches.map((_, i) => ({ step: i + 1 })),
      { training: config.training, rounds: 1 },
      trainerCapabilities(config.trainer),
    ),
  }
  const hash = createHash('sha256')
    .update(JSON.stringify([spec, config.trainer]))
    .digest('hex')
    .slice(0, 8)
  return { jobName: named ? name : `${name}-${hash}`, ...spec }
}

type Carrying = Pick<TrainFileOptions, 'onProgress'> & { readonly stop: AbortSignal; readonly onNotice: (message: string) => void }

async function carryOut(trainer: Trainer, spec: TrainingSpec, folder: string, { stop, onNotice, onProgress }: Carrying): Promise<FileTraining> {
  const issues = trainer.validate(spec)
  if (issues.length > 0)
    throw new SediError(
      'unsupported',
      `The trainer “${trainer.id}” cannot do this job:\n${issues.map(({ path, message }) => `  ${path}: ${message}`).join('\n')}`,
    )
  if (!trainer.capabilities.fixedBatches) onNotice(`The trainer “${trainer.id}” makes its own batches: the composed ones are not kept.`)
  const planned = spec.batches.length
  const job = await trainer.submit(spec, { signal: stop })
  const told = trainer.capabilities.perStepLoss ? trainer.metrics : undefined
  const stepsFile = told === undefined ? undefined : join(folder, `${spec.jobName}.steps.jsonl`)
  // From the first step on each time: the trainer keeps its steps, so an interrupted file is whole again after the next call.
  const writer = stepsFile === undefined ? undefined : createRowWriter(stepsFile, { inPlace: true })
  let first: TrainingMetric | undefined
  let last: TrainingMetric | undefined
  try {
    for await (const metric of told === undefined ? [] : told.call(trainer, job, { signal: stop })) {
      first ??= metric
      last = metric
      await writer?.write(metric)
      onProgress?.({ done: Math.min(metric.step, planned), planned, metric })
    }
  } finally {
    await writer?.close()
  }
  const snapshot = await waitForJob(trainer, job, { onNotice, stop }, (done) => told === undefined && onProgress?.({ done, planned }))
  const model = modelOf(snapshot, trainer.id, spec.jobName)
  const { id } = trainer
  const figures = { rows: spec.examples.length, steps: planned, firstLoss: first?.loss, lastLoss: last?.loss }
  const location = /^\w+:\/\//.test(model.uri) || !trainer.capabilities.fixedBatches ? model.uri : resolve(folder, model.uri)
  return { name: spec.jobName, trainer: id, ...figures, model, location, stepsFile, warnings: snapshot.warnings ?? [] }
}

function modelOf({ state, model, error, errorCode, stepsDone }: JobSnapshot, trainer: string, jobName: string): ModelRef {
  if (state === 'succeeded' && model !== undefined) return model
  throw new SediError(
    'provider-response',
    `The training ${jobName} of “${trainer}” ended as ${state}${error === undefined ? '' : `: ${error.replace(/\.$/, '')}`}. The same command tries again; finished steps are kept.`,
    { details: { state, errorCode: errorCode ?? null, stepsDone } },
  )
}
