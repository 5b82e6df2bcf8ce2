import { rmSync } from 'node:fs'
import { type ModelRef, SediError, type TrainingMetric, type TrainingSpec } from '@sedi/spec'
import { withStorage } from '../storage.ts'
import { adamStep, clipFactor, createAdamState, gradientNorm } from './adam.ts'
import { type Batch, layOutBatch } from './batch.ts'
import { buildVocabulary } from './build-vocabulary.ts'
import { type EncodedExample, encodeExample } from './encode-example.ts'
import { type GraphShape, graphShapeFor } from './graph-shape.ts'
import type { Graphs } from './graphs.ts'
import type { JobFiles } from './job-files.ts'
import { openMetricsLog } from './metrics-log.ts'
import { createModel, type Model, readModel, readModelOrThrow, writeModel } from './model.ts'
import type { TrainCommand } from './protocol.ts'
import { tensorLayout } from './tensor-layout.ts'

/** Token ids of a vocabulary built for a model made from nothing: enough for a small world's words, cheap in the head. */
const vocabularyTokens = 1024

/** One job inside the worker, opened where its files say it stands. */
export interface TrainingJob {
  /** Metrics of the steps done before it was opened. */
  readonly done: readonly TrainingMetric[]
  readonly warnings: readonly string[]
  /** Does the next step and returns its metric; `undefined` when there is none left. */
  step(): TrainingMetric | undefined
  /** Saves progress in the middle of the job. */
  checkpoint(): void
  /** Writes the trained model. The job has succeeded when this returns. */
  finish(): ModelRef
  close(): void
}

export function openTrainingJob(graphs: Graphs, command: TrainCommand): TrainingJob {
  const { spec, files } = command
  const { model, stepsDone } = loadProgress(files, command.specHash) ?? { model: startingModel(command), stepsDone: 0 }
  if (spec.maxLengthTokens > model.config.contextTokens) {
    const context = model.config.contextTokens
    throw new SediError('invalid-input', `maxLengthTokens is ${spec.maxLengthTokens}, but the model to continue from was made for ${context} tokens.`)
  }
  const encoded = encodeUsedExamples(spec, model)
  const shape = graphShapeFor(spec.batchSize, encoded.values())
  const lossAndGradient = graphs.lossAndGradient(model.config, shape)
  const decayed = decayedRanges(model)
  const log = openMetricsLog(files.metrics, stepsDone)
  const warnings = truncationWarnings(encoded, spec.maxLengthTokens)
  let done = stepsDone

  function checkpoint(): void {
    log.sync() // the checkpoint must never be ahead of the log
    writeModel(files.checkpoint, model, { specHash: command.specHash, stepsDone: String(done) })
  }

  function step(): TrainingMetric | undefined {
    const exampleIds = spec.batches[done]
    if (exampleIds === undefined) return undefined
    const stepNumber = spec.firstStep + done
    const rows = exampleIds.map((id) => encoded.get(id)!)
    const batch = layOutBatch(shape, rows)
    const { tokenLosses, gradient } = lossAndGradient(model.parameters, batch)
    const { loss, exampleLosses, targetTokens } = summariseLosses(shape, batch, tokenLosses)
    const gradNorm = gradientNorm(gradient)
    const learningRate = learningRateAt(spec, stepNumber)
    assertFinite(stepNumber, loss, gradNorm, learningRate)

    const { maxGradNorm, weightDecay } = spec.optimiser
    adamStep(model.parameters, model.adam, gradient, { learningRate, weightDecay, gradientScale: clipFactor(gradNorm, maxGradNorm), decayed })
    const metric = { step: stepNumber, exampleIds, loss, gradNorm, learningRate, exampleLosses, targetTokens }
    log.append(metric)
    done++
    if (done % command.checkpointEverySteps === 0 && done < spec.batches.length) checkpoint()
    return metric
  }

  return {
    done: log.kept,
    warnings,
    step,
    checkpoint,
    finish() {
      log.sync()
      const digest = writeModel(files.model, model, { specHash: command.specHash, warnings: JSON.stringify(warnings) })
      withStorage(files.checkpoint, () => rmSync(files.checkpoint, { force: true }))
      return { trainer: 'embedded', uri: files.modelUri, digest }
    },
    close: () => log.close(),
  }
}

function loadProgress(files: JobFiles, specHash: string): { readonly model: Model; readonly stepsDone: number } | undefined {
  const file = readModel(files.checkpoint)
  if (file === undefined || file.metadata.specHash !== specHash) return undefined
  return { model: file.model, stepsDone: Number(file.metadata.stepsDone) }
}

/** The previous job's model with its moments, or the base model with fresh ones, or random weights with a vocabulary of this job's words. */
function startingModel({ spec, options }: TrainCommand): Model {
  if (spec.continueFrom !== undefined) return readModelOrThrow(spec.continueFrom)
  if (options.baseModel !== undefined) {
    const model = readModelOrThrow({ uri: options.baseModel })
    return { ...model, adam: createAdamState(model.parameters.length) }
  }
  const texts = spec.examples.flatMap(({ prompt, completion }) => [prompt, completion])
  return createModel(options, buildVocabulary(texts, vocabularyTokens), spec.maxLengthTokens, spec.randomSeed)
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

/** Linear warm-up over global steps, then constant. */
function learningRateAt({ optimiser }: TrainingSpec, step: number): number {
  return optimiser.learningRate * Math.min(1, step / Math.max(1, optimiser.warmupSteps))
}

/** Means in float64: over all targets of the batch, and over each example's own. */
function summariseLosses(
  { answers: A }: GraphShape,
  { targetCounts }: Batch,
  tokenLosses: Float32Array,
): { readonly loss: number; readonly exampleLosses: number[]; readonly targetTokens: number } {
  let sum = 0
  const exampleLosses = targetCounts.map((targetCount, row) => {
    let rowSum = 0
    for (let i = (row + 1) * A - targetCount; i < (row + 1) * A; i++) rowSum += tokenLosses[i]!
    sum += rowSum
    return rowSum / targetCount
  })
  const targetTokens = targetCounts.reduce((a, b) => a + b, 0)
  return { loss: sum / targetTokens, exampleLosses, targetTokens }
}

function assertFinite(step: number, loss: number, gradNorm: number, learningRate: number): void {
  if (Number.isFinite(loss) && Number.isFinite(gradNorm)) return
  throw new SediError('internal', `Training diverged at step ${step}: loss ${loss}, gradient norm ${gradNorm}. Try a learning rate below ${learningRate}.`)
}

/** Weight decay acts on matrices, not on the gains of the norms. */
function decayedRanges({ config }: Model): (readonly [number, number])[] {
  return tensorLayout(config).flatMap(({ init, offset, length }) => (init.kind === 'normal' ? [[offset, offset + length] as const] : []))
}
