import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SediError, type TrainingMetric, type TrainingSpec } from '@sedi/spec'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeFolder } from '../storage.ts'
import { gradientNorm } from './adam.ts'
import { copyExamples, copySpec } from './fixtures/copy-task.ts'
import { createGraphs, type Graphs } from './graphs.ts'
import { loadJax } from './jax.ts'
import { hashSpec, jobFiles } from './job-files.ts'
import { type Model, readModel, writeModel } from './model.ts'
import type { ModelOptions, TrainCommand } from './protocol.ts'
import { tensorLayout } from './tensor-layout.ts'
import { openTrainingJob, type TrainingJob } from './training-job.ts'

const options: ModelOptions = { layers: 2, width: 16, heads: 2 }
const root = mkdtempSync(join(tmpdir(), 'sedi-training-job-'))
let graphs: Graphs
let folders = 0
beforeAll(async () => {
  graphs = createGraphs(await loadJax())
})
afterAll(() => rmSync(root, { recursive: true }))

function commandFor(spec: TrainingSpec, folder = join(root, String(folders++)), overrides: Partial<TrainCommand> = {}): TrainCommand {
  const files = jobFiles(folder, spec.jobName)
  makeFolder(files.folder)
  return { type: 'train', spec, specHash: hashSpec(spec, options), files, options, checkpointEverySteps: 5, ...overrides }
}

function runSteps(job: TrainingJob, count = Infinity): TrainingMetric[] {
  const metrics: TrainingMetric[] = []
  while (metrics.length < count) {
    const metric = job.step()
    if (metric === undefined) break
    metrics.push(metric)
  }
  return metrics
}

function runWhole(command: TrainCommand): { metrics: TrainingMetric[]; digest: string | undefined } {
  const job = openTrainingJob(graphs, command)
  const metrics = [...job.done, ...runSteps(job)]
  const { digest } = job.finish()
  job.close()
  return { metrics, digest }
}

test('trains exactly the batches given, in order, and reports each step', () => {
  const spec = copySpec(30, { firstStep: 101 })
  const { metrics } = runWhole(commandFor(spec))
  expect(metrics.map((metric) => metric.exampleIds)).toEqual(spec.batches)
  expect(metrics.map((metric) => metric.step)).toEqual(spec.batches.map((_, i) => 101 + i))
  expect(metrics[0]!.learningRate).toBe(3e-3) // warm-up counts global steps
  for (const { loss, exampleLosses, targetTokens, exampleIds } of metrics) {
    // Every answer is "d d d" and the end token: six targets.
    expect(targetTokens).toBe(6 * exampleIds.length)
    expect(exampleLosses).toHaveLength(exampleIds.length)
    expect(loss).toBeCloseTo(exampleLosses!.reduce((a, b) => a + b, 0) / exampleIds.length, 10)
  }
  expect(metrics.at(-1)!.loss).toBeLessThan(0.6 * metrics[0]!.loss)
})

test('the batch loss is the mean over tokens, not over examples', () => {
  const examples = [
    { id: 'short', prompt: 'p', completion: '1' },
    { id: 'long', prompt: 'p', completion: '12345678' },
  ]
  const job = openTrainingJob(graphs, commandFor(copySpec(1, { examples, batches: [['short', 'long']] })))
  const { loss, exampleLosses, targetTokens } = job.step()!
  job.close()
  expect(targetTokens).toBe(11)
  expect(loss).toBeCloseTo((2 * exampleLosses![0]! + 9 * exampleLosses![1]!) / 11, 10)
})

test('the learning rate warms up from the first global step and then stays', () => {
  const { metrics } = runWhole(commandFor(copySpec(12)))
  expect(metrics.map((metric) => metric.learningRate)).toEqual(metrics.map((_, i) => 3e-3 * Math.min(1, (i + 1) / 10)))
})

test('the gradient is clipped for the update and reported as it was', () => {
  const optimiser = { learningRate: 1e-3, warmupSteps: 0, maxGradNorm: 0.25, weightDecay: 0 }
  const command = commandFor(copySpec(1, { optimiser }))
  const [metric] = runWhole(command).metrics
  expect(metric!.gradNorm).toBeGreaterThan(1)
  // After one update Adam's first moment is a tenth of the gradient it was given.
  expect(gradientNorm(readModel(command.files.model)!.model.adam.first)).toBeCloseTo(0.1 * 0.25, 6)
})

test('weight decay shrinks matrices and leaves the gains of the norms alone', () => {
  const trained = [0, 0.5].map((weightDecay) => {
    const command = commandFor(copySpec(1, { optimiser: { learningRate: 1e-3, warmupSteps: 0, maxGradNorm: 1, weightDecay } }))
    runWhole(command)
    return readModel(command.files.model)!.model
  })
  const tensor = (model: Model, name: string): Float32Array => {
    const { offset, length } = tensorLayout(model.config).find((slot) => slot.name === name)!
    return model.parameters.subarray(offset, offset + length)
  }
  expect(tensor(trained[1]!, 'norm')).toEqual(tensor(trained[0]!, 'norm'))
  expect(gradientNorm(tensor(trained[1]!, 'embedding')) / gradientNorm(tensor(trained[0]!, 'embedding'))).toBeCloseTo(1 - 1e-3 * 0.5, 5)
})

test('the same spec gives the same bytes', () => {
  const spec = copySpec(12)
  expect(runWhole(commandFor(spec))).toEqual(runWhole(commandFor(spec)))
  expect(runWhole(commandFor({ ...spec, randomSeed: 2 }))).not.toEqual(runWhole(commandFor(spec)))
})

test('a job cut off at step 13 goes on from its checkpoint and ends as if it had not been', () => {
  const spec = copySpec(30)
  const undisturbed = runWhole(commandFor(spec))
  const command = commandFor(spec)
  const first = openTrainingJob(graphs, command)
  runSteps(first, 13)
  first.close()
  appendFileSync(command.files.metrics, '{"step":14,"exampleIds":["e') // cut off while writing
  expect(existsSync(command.files.model)).toBe(false)

  const second = openTrainingJob(graphs, command)
  expect(second.done.map((metric) => metric.step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  second.close()
  expect(runWhole(command)).toEqual(undisturbed)
  const lines = readFileSync(command.files.metrics, 'utf8').trimEnd().split('\n')
  expect(lines.map((line) => JSON.parse(line) as TrainingMetric)).toEqual(undisturbed.metrics)
  expect(existsSync(command.files.checkpoint)).toBe(false)
})

test('a second round continues weights and moments: two jobs equal one', () => {
  const spec = copySpec(20)
  const whole = runWhole(commandFor(spec))
  const folder = join(root, 'rounds')
  const first = commandFor({ ...spec, batches: spec.batches.slice(0, 8) }, folder)
  const { digest } = runWhole(first)
  const continueFrom = { trainer: 'embedded', uri: first.files.model, digest }
  const second = runWhole(commandFor({ ...spec, jobName: 'r02', batches: spec.batches.slice(8), firstStep: 9, continueFrom }, folder))
  expect(second.metrics).toEqual(whole.metrics.slice(8))
  expect(second.digest).toBe(whole.digest)
})

test('refuses a model that is missing, another than recorded, or made for shorter examples', () => {
  const first = commandFor(copySpec(1))
  runWhole(first)
  const from = (uri: string, digest?: string) => ({ trainer: 'embedded', uri, digest })
  const open = (overrides: Partial<TrainingSpec>) => () => openTrainingJob(graphs, commandFor(copySpec(1, { jobName: 'r02', ...overrides })))
  expect(open({ continueFrom: from('/nowhere/model.safetensors') })).toThrow(/no model at/)
  expect(open({ continueFrom: from(first.files.model, 'abc') })).toThrow(/not the model that was recorded/)
  expect(open({ continueFrom: from(first.files.model), maxLengthTokens: 64 })).toThrow(/made for 32 tokens/)
})

test('a base model gives weights and vocabulary, not moments', () => {
  const first = commandFor(copySpec(6))
  runWhole(first)
  const baseModel = first.files.model
  const based = commandFor(copySpec(1, { jobName: 'b' }), undefined, { options: { ...options, baseModel } })
  runWhole(based)
  const base = readModel(baseModel)!.model
  const trained = readModel(based.files.model)!.model
  expect(trained.tokenizer.vocabulary).toEqual(base.tokenizer.vocabulary)
  expect(base.adam.updates).toBe(6)
  expect(trained.adam.updates).toBe(1)
})

test('cuts what is too long and says so', () => {
  const examples = [
    ...copyExamples(2, 1),
    { id: 'prompt', prompt: 'copy 1 2 3 '.repeat(10), completion: '1 2 3' },
    { id: 'answer', prompt: 'copy', completion: '1 2 3 '.repeat(10) },
    { id: 'unused', prompt: 'copy 1 2 3 '.repeat(10), completion: '1' },
  ]
  const job = openTrainingJob(graphs, commandFor(copySpec(1, { examples, batches: [['e0', 'e1', 'prompt', 'answer']] })))
  expect(job.warnings).toEqual([
    '1 of 4 examples were longer than 32 tokens: the beginning of their prompts was cut.',
    '1 of 4 answers alone were longer than 32 tokens: their ends were cut.',
  ])
  expect(job.step()!.targetTokens).toBe(6 + 6 + 6 + 31)
  job.close()
})

test('divergence fails the job and keeps the steps before it', () => {
  const start = commandFor(copySpec(1))
  runWhole(start)
  const { model } = readModel(start.files.model)!
  model.parameters.fill(Number.NaN, 0, 1) // byte 0, which no text below has; the head's softmax sees it
  writeModel(start.files.model, model, {})
  const command = commandFor(copySpec(3, { jobName: 'r02', continueFrom: { trainer: 'embedded', uri: start.files.model } }))
  const job = openTrainingJob(graphs, command)
  let caught: unknown
  try {
    job.step()
  } catch (error) {
    caught = error
  }
  job.close()
  expect(SediError.is(caught) && caught.message).toMatch(/Training diverged at step 1: loss NaN.*Try a learning rate below/)
  expect(readFileSync(command.files.metrics, 'utf8')).toBe('')
})
