import { rmSync } from 'node:fs'
import { type ModelRef, SediError, type TrainingMetric, type TrainingSpec } from '@sedi/spec'
import { withStorage } from '../storage.ts'
import { adamStep, clipFactor, createAdamState, gradientNorm } from './adam.ts'
import { type Batch, layOutBatch } from './batch.ts'
import { buildVocabulary } from './build-vocabulary.ts'
import { type EncodedExample, encodeExample } from './encode-example.ts'
import { failingAs } from './failure.ts'
import { type GraphShape, graphShapeFor } from './graph-shape.ts'
import type { Graphs } from './graphs.ts'
import { maskLevels } from './keep-rows.ts'
import { assertStepFits, builtVocabularyTokens } from './limits.ts'
import { openMetricsLog } from './metrics-log.ts'
import { createModel, type Model, readModelOrThrow, writeModel } from './model.ts'
import { type Progress, readProgress } from './progress.ts'
import type { TrainCommand } from './protocol.ts'
import { type EarlyStop, shouldStop } from './should-stop.ts'
import { tensorLayout } from './tensor-layout.ts'

/** One job inside the worker, opened where its files say it stands. */
export interface TrainingJob {
  /** Metrics of the steps done before it was opened. */
  readonly done: readonly TrainingMetric[]
  readonly warnings: readonly string[]
  /** Does the next step and returns its metric; `undefined` when there is none left, or training has stopped early. */
  step(): TrainingMetric | undefined
  /** Saves progress in the middle of the job. */
  checkpoint(): void
  /** Writes the trained model. The job has succeeded when this returns. */
  finish(): { readonly model: ModelRef; readonly warnings: readonly string[] }
  close(): void
}

export function openTrainingJob(graphs: Graphs, command: TrainCommand): TrainingJob {
  const { spec, files } = command
  const { earlyStop } = command.options
  const { model, stepsDone, warnings: begun } = resumeOrStart(command)
  if (spec.maxLengthTokens > model.config.contextTokens) {
    const context = model.config.contextTokens
    throw new SediError('invalid-input', `maxLengthTokens is ${spec.maxLengthTokens}, but the model to continue from was made for ${context} tokens.`, {
      details: { errorCode: 'continue-from' },
    })
  }
  const encoded = encodeUsedExamples(spec, model)
  const shape = graphShapeFor(spec.batchSize, encoded.values())
  assertStepFits(model.config, shape)
  const withErrors = spec.measures?.includes('error') === true
  const lossAndGradient = withErrors ? graphs.lossErrorsAndGradient(model.config, shape) : graphs.lossAndGradient(model.config, shape)
  const decayed = decayedRanges(model)
  const log = openMetricsLog(files.metrics, stepsDone)
  const warnings = [...begun, ...truncationWarnings(encoded, spec.maxLengthTokens)]
  const losses = log.kept.map((metric) => metric.loss)
  let done = stepsDone
  let saved = stepsDone

  function checkpoint(): void {
    log.sync() // the checkpoint must never be ahead of the log
    writeModel(files.checkpoint, model, { specHash: command.specHash, stepsDone: String(done) })
    saved = done
  }

  const stopped = (): boolean => earlyStop !== undefined && done < spec.batches.length && shouldStop(losses, earlyStop)

  function step(): TrainingMetric | undefined {
    const exampleIds = spec.batches[done]
    if (exampleIds === undefined) return undefined
    // Here rather than after the step: its metric is told even when there is no room for the checkpoint.
    if (done !== saved && done % command.checkpointEverySteps === 0) checkpoint()
    if (stopped()) return undefined
    const stepNumber = spec.firstStep + done
    const rows = exampleIds.map((id) => encoded.get(id)!)
    const batch = layOutBatch(shape, rows)
    const mask = maskLevels(spec.mask, stepNumber, exampleIds)
    const { tokenLosses, tokenGaps, tokenErrors, kept, gradient } = lossAndGradient(model.parameters, batch, mask)
    const rowLosses = rowSums(shape, batch, tokenLosses)
    const targetTokens = sumOf(batch.targetCounts)
    const loss = sumOf(rowLosses) / targetTokens
    const gradNorm = gradientNorm(gradient)
    const learningRate = learningRateAt(spec, stepNumber)
    assertFinite(stepNumber, loss, gradNorm, learningRate)

    const { maxGradNorm, weightDecay } = spec.optimiser
    adamStep(model.parameters, model.adam, gradient, { learningRate, weightDecay, gradientScale: clipFactor(gradNorm, maxGradNorm), decayed })
    const perTarget = (sums: readonly number[]): number[] => sums.map((sum, row) => sum / batch.targetCounts[row]!)
    const metric = {
      ...{ step: stepNumber, exampleIds, loss, gradNorm, learningRate, targetTokens },
      ...{ exampleLosses: perTarget(rowLosses), exampleGaps: perTarget(rowSums(shape, batch, tokenGaps)) },
      ...(tokenErrors === undefined ? {} : { exampleErrors: perTarget(rowSums(shape, batch, tokenErrors)) }),
      ...(spec.mask === undefined ? {} : { masked: rows.map((_, row) => kept[row] === 0) }),
    }
    log.append(metric)
    losses.push(loss)
    done++
    return metric
  }

  return {
    done: log.kept,
    warnings,
    step,
    checkpoint,
    finish() {
      log.sync()
      const said = stopped() ? [...warnings, earlyStopWarning(spec, done, earlyStop!)] : warnings
      const digest = writeModel(files.model, model, { specHash: command.specHash, warnings: JSON.stringify(said) })
      withStorage(files.checkpoint, () => rmSync(files.checkpoint, { force: true }))
      return { model: { trainer: 'embedded', uri: files.modelUri, digest }, warnings: said }
    },
    close: () => log.close(),
  }
}

function resumeOrStart(command: TrainCommand): Progress & { readonly warnings: readonly string[] } {
  const progress = readProgress(command.files, command.specHash)
  if (progress === undefined) return { model: startingModel(command), stepsDone: 0, warnings: [] }
  if ('model' in progress) return { ...progress, warnings: [] }
  return {
    model: startingModel(command),
    stepsDone: 0,
    warnings: [`The job’s checkpoint could not be used (${progress.unusable}); the job was begun anew.`],
  }
}

/** The previous job's model with its moments, or the base model with fresh ones, or random weights with a vocabulary of this job's words. */
function startingModel({ spec, options }: TrainCommand): Model {
  const { continueFrom } = spec
  if (continueFrom !== undefined) return failingAs('continue-from', () => readModelOrThrow(continueFrom))
  if (options.baseModel !== undefined) {
    const model = failingAs('base-model', () => readModelOrThrow({ uri: options.baseModel! }))
    return { ...model, adam: createAdamState(model.parameters.length) }
  }
  const texts = spec.examples.flatMap(({ prompt, completion }) => [prompt, completion])
  return createModel(options, buildVocabulary(texts, builtVocabularyTokens), spec.maxLengthTokens, spec.randomSeed)
}

/** The examples that occur in a batch, by id. */
function encodeUsedExamples(spec: TrainingSpec, { tokenizer }: Model): ReadonlyMap<string, EncodedExample> {
  const used = new Set(spec.batches.flat())
  const examples = spec.examples.filter((example) => used.has(example.id))
  return new Map(examples.map((example) => [example.id, encodeExample(tokenizer, example, spec.maxLengthTokens)]))
}

function truncationWarnings(encoded: ReadonlyMap<string, EncodedExample>, maxTokens: number): string[] {
  const count = (cut: EncodedExample['cut']): number => [...encoded.values()].filter((example) => example.cut === cut).length
  const prompts = count('prompt')
  const answers = count('answer')
  const warnings: string[] = []
  if (prompts > 0) warnings.push(`${prompts} of ${encoded.size} examples were longer than ${maxTokens} tokens: the beginning of their prompts was cut.`)
  if (answers > 0) warnings.push(`${answers} of ${encoded.size} answers alone were longer than ${maxTokens} tokens: their ends were cut.`)
  return warnings
}

function earlyStopWarning({ batches }: TrainingSpec, done: number, { patienceSteps, minimumImprovement }: EarlyStop): string {
  return `Stopped early after ${done} of ${batches.length} steps: the mean loss of the last ${patienceSteps} was not ${minimumImprovement} below that of the ${patienceSteps} before. The other batches were not trained on.`
}

/** Linear warm-up over global steps, then constant. */
function learningRateAt({ optimiser }: TrainingSpec, step: number): number {
  return optimiser.learningRate * Math.min(1, step / Math.max(1, optimiser.warmupSteps))
}

/** The sum over each example's targets, in float64. */
function rowSums({ answers: A }: GraphShape, { targetCounts }: Batch, values: Float32Array): number[] {
  return targetCounts.map((targetCount, row) => {
    let sum = 0
    for (let i = (row + 1) * A - targetCount; i < (row + 1) * A; i++) sum += values[i]!
    return sum
  })
}

const sumOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)

function assertFinite(step: number, loss: number, gradNorm: number, learningRate: number): void {
  if (Number.isFinite(loss) && Number.isFinite(gradNorm)) return
  throw new SediError('internal', `Training diverged at step ${step}: loss ${loss}, gradient norm ${gradNorm}. Try a learning rate below ${learningRate}.`, {
    details: { errorCode: 'nan-loss' },
  })
}

/** Weight decay acts on matrices, not on the gains of the norms. */
function decayedRanges({ config }: Model): (readonly [number, number])[] {
  return tensorLayout(config).flatMap(({ init, offset, length }) => (init.kind === 'normal' ? [[offset, offset + length] as const] : []))
}
