import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TrainingMetric, TrainingSpec } from '@sedi/spec'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeFolder } from '../storage.ts'
import { gradientNorm } from './adam.ts'
import { type Failure, failureOf } from './failure.ts'
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

function runWhole(command: TrainCommand): { metrics: TrainingMetric[]; digest: string | undefined; warnings: readonly string[] } {
  const job = openTrainingJob(graphs, command)
  const metrics = [...job.done, ...runSteps(job)]
  const { model, warnings } = job.finish()
  job.close()
  return { metrics, digest: model.digest, warnings }
}

/** Under which code a job fails that cannot be opened. */
function failureOfOpening(command: TrainCommand): Failure {
  try {
    openTrainingJob(graphs, command).close()
  } catch (error) {
    return failureOf(error)
  }
  throw new Error('It was opened.')
}

test('trains exactly the batches given, in order, and reports each step', () => {
  const spec = copySpec(30, { firstStep: 101 })
  const { metrics } = runWhole(commandFor(spec))
  expect(metrics.map((metric) => metric.exampleIds)).toEqual(spec.batches)
  expect(metrics.map((metric) => metric.step)).toEqual(spec.batches.map((_, i) => 101 + i))
  expect(metrics[0]!.learningRate).toBe(3e-3) // warm-up counts global steps
  for (const { loss, exampleLosses, exampleGaps, targetTokens, exampleIds, masked } of metrics) {
    // Every answer is "d d d" and the end token: six targets.
    expect(targetTokens).toBe(6 * exampleIds.length)
    expect(exampleLosses).toHaveLength(exampleIds.length)
    expect(exampleGaps).toHaveLength(exampleIds.length)
    expect(masked).toBeUndefined()
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

/** Six batches of the copy task, every third answer of it wrong. */
function mislabelled(overrides: Partial<TrainingSpec> = {}): TrainingSpec {
  const examples = copyExamples(64, 1).map((example, i) => (i % 3 === 0 ? { ...example, completion: '7 7 7' } : example))
  return copySpec(6, { jobName: 'masked', firstStep: 101, examples, ...overrides })
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)

test.each([
  ['gap', { rule: 'gap', threshold: 2.1, warmSteps: 103 }],
  ['trim', { rule: 'trim', share: 0.3, warmSteps: 103 }],
] as const)('%s: what is masked is told, and leaves the gradient but not the figures', (_, mask) => {
  const job = openTrainingJob(graphs, commandFor(mislabelled({ mask })))
  const metrics = runSteps(job)
  job.close()
  for (const { step, masked, exampleIds, exampleLosses, exampleGaps, loss, targetTokens } of metrics) {
    expect([masked, exampleLosses, exampleGaps].map((values) => values!.length)).toEqual([exampleIds.length, exampleIds.length, exampleIds.length])
    const losses = exampleLosses!.toSorted((a, b) => b - a)
    const out = step <= 103 ? 0 : mask.rule === 'gap' ? exampleGaps!.filter((gap) => gap > 2.1).length : Math.floor(0.3 * exampleIds.length)
    expect(masked!.filter(Boolean), `step ${step}`).toHaveLength(out)
    masked!.forEach((left, row) => {
      if (left) expect(mask.rule === 'gap' ? exampleGaps![row] : exampleLosses![row]).toBeGreaterThanOrEqual(mask.rule === 'gap' ? 2.1 : losses[out - 1]!)
    })
    expect(Math.min(...exampleGaps!)).toBeGreaterThanOrEqual(0)
    expect(loss).toBeCloseTo(sum(exampleLosses!) / exampleIds.length, 10) // every answer has six targets
    expect(targetTokens).toBe(6 * exampleIds.length)
  }
  expect(metrics.slice(3).some(({ masked, exampleIds }) => masked!.includes(true) && masked!.filter(Boolean).length < exampleIds.length)).toBe(true)
})

test('a masked step is a step on the rows that were kept', () => {
  const mask = { rule: 'trim', share: 0.5, warmSteps: 0 } as const
  const [batch] = mislabelled().batches
  const masked = runWhole(commandFor(mislabelled({ batches: [batch!], mask })))
  const kept = batch!.filter((_, row) => !masked.metrics[0]!.masked![row])
  expect(kept).toHaveLength(4)
  const command = commandFor(mislabelled({ batches: [kept] }))
  const alone = runWhole(command)
  expect(masked.metrics[0]!.gradNorm! / alone.metrics[0]!.gradNorm!).toBeCloseTo(1, 5)
  expect(alone.metrics[0]!.masked).toBeUndefined()
  const unmasked = runWhole(commandFor(mislabelled({ batches: [batch!] })))
  expect(masked.metrics[0]!.exampleLosses).toEqual(unmasked.metrics[0]!.exampleLosses)
  expect(Math.abs(masked.metrics[0]!.gradNorm! / unmasked.metrics[0]!.gradNorm! - 1)).toBeGreaterThan(1e-3)
})

test('a mask that leaves nothing out changes nothing, to the bit', () => {
  const plain = runWhole(commandFor(mislabelled()))
  const idle = runWhole(commandFor(mislabelled({ mask: { rule: 'gap', threshold: 50, warmSteps: 0 } })))
  expect(idle.digest).toBe(plain.digest)
  expect(idle.metrics).toEqual(plain.metrics.map((metric) => ({ ...metric, masked: metric.exampleIds.map(() => false) })))
})

test('with every row masked the gradient is 0, and the update is one by a gradient of 0', () => {
  const warm = { ...mislabelled(), mask: { rule: 'gap', threshold: 1e-9, warmSteps: 103 } } as const
  const command = commandFor(warm)
  const { metrics } = runWhole(command)
  expect(metrics.map(({ gradNorm }) => gradNorm! > 0)).toEqual([true, true, true, false, false, false])
  expect(metrics.slice(3).every(({ masked }) => masked!.every(Boolean))).toBe(true)
  const { adam } = readModel(command.files.model)!.model
  const three = commandFor({ ...warm, batches: warm.batches.slice(0, 3) })
  runWhole(three)
  const before = readModel(three.files.model)!.model
  expect(adam.updates).toBe(before.adam.updates + 3)
  expect(gradientNorm(adam.first) / gradientNorm(before.adam.first)).toBeCloseTo(0.9 ** 3, 5)
})

test('a masked job cut off in its warm steps ends as if it had not been', () => {
  const spec = { ...mislabelled({ firstStep: 1 }), mask: { rule: 'gap', threshold: 2.1, warmSteps: 2 } } as const
  const undisturbed = runWhole(commandFor(spec, undefined, { checkpointEverySteps: 2 }))
  const command = commandFor(spec, undefined, { checkpointEverySteps: 2 })
  const first = openTrainingJob(graphs, command)
  runSteps(first, 3)
  first.close()
  expect(runWhole(command)).toEqual(undisturbed)
  expect(undisturbed.metrics.some(({ masked }) => masked!.includes(true))).toBe(true)
})

test('a mask makes it another job', () => {
  const masks = [
    undefined,
    { rule: 'gap', threshold: 1, warmSteps: 0 },
    { rule: 'gap', threshold: 1, warmSteps: 1 },
    { rule: 'trim', share: 0.1, warmSteps: 0 },
  ]
  expect(new Set(masks.map((mask) => hashSpec({ ...copySpec(2), mask } as TrainingSpec, options))).size).toBe(4)
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

test.each([
  ['a truncated checkpoint', (command: TrainCommand) => truncateSync(command.files.checkpoint, 5000), /not a readable safetensors file/],
  ['a checkpoint of zeros', (command: TrainCommand) => writeFileSync(command.files.checkpoint, Buffer.alloc(9000)), /its header/],
  [
    'a log that lost steps',
    (command: TrainCommand) => truncateSync(command.files.metrics, 700),
    /has \d steps, but the checkpoint beside it was made after 10/,
  ],
  ['a log that is no JSON', (command: TrainCommand) => writeFileSync(command.files.metrics, '?\n'.repeat(10)), /JSON/],
])('%s: the job is begun anew, says so, and ends as if it had not been', (_, damage, reason) => {
  const spec = copySpec(14)
  const undisturbed = runWhole(commandFor(spec))
  const command = commandFor(spec)
  const first = openTrainingJob(graphs, command)
  runSteps(first, 12)
  first.close()
  damage(command)
  const { warnings, ...rest } = runWhole(command)
  expect(rest).toEqual({ metrics: undisturbed.metrics, digest: undisturbed.digest })
  expect(warnings).toEqual([expect.stringMatching(/^The job’s checkpoint could not be used .* the job was begun anew\.$/)])
  expect(warnings[0]).toMatch(reason)
})

test('early stop: a loss that no longer falls ends the job, which says so; the same after a crash', () => {
  const earlyStop = { patienceSteps: 3, minimumImprovement: 0.5 }
  const spec = copySpec(20, { optimiser: { learningRate: 0, warmupSteps: 0, maxGradNorm: 1, weightDecay: 0 } })
  const stopping = (checkpointEverySteps: number) => commandFor(spec, undefined, { options: { ...options, earlyStop }, checkpointEverySteps })
  const stopped = runWhole(stopping(5))
  expect(stopped.metrics.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6])
  expect(stopped.warnings).toEqual([expect.stringMatching(/^Stopped early after 6 of 20 steps: the mean loss of the last 3 was not 0.5 below/)])

  // Cut off before the last step, and after it but before the model was written.
  for (const [every, steps] of [
    [2, 5],
    [3, 7],
  ] as const) {
    const command = stopping(every)
    const first = openTrainingJob(graphs, command)
    runSteps(first, steps)
    first.close()
    expect(runWhole(command)).toEqual(stopped)
  }
  const learning = runWhole(commandFor(copySpec(20), undefined, { options: { ...options, earlyStop: { patienceSteps: 5, minimumImprovement: 0 } } }))
  expect([learning.metrics.length, learning.warnings]).toEqual([20, []])
  expect(hashSpec(spec, { ...options, earlyStop })).not.toBe(hashSpec(spec, options))
})

test('a step that cannot fit into memory is refused before it is begun', () => {
  const examples = [...copyExamples(64, 1), { id: 'long', prompt: '1'.repeat(4000), completion: '1' }]
  const wide = { layers: 4, width: 64, heads: 16 }
  const command = commandFor(copySpec(1, { examples, batches: [['e0', 'long']], batchSize: 64, maxLengthTokens: 4096 }), undefined, { options: wide })
  expect(failureOfOpening(command)).toEqual({
    error: expect.stringMatching(/would need about [\d.]+ GiB, and WebAssembly has 4: 64 rows of 4016 tokens.*Lower batches.size/),
    errorCode: 'out-of-memory',
  })
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
  const open = (uri: string, digest?: string, maxLengthTokens = 32): Failure =>
    failureOfOpening(commandFor(copySpec(1, { jobName: 'r02', maxLengthTokens, continueFrom: { trainer: 'embedded', uri, digest } })))
  const because = (error: RegExp): Failure => ({ error: expect.stringMatching(error), errorCode: 'continue-from' })
  expect(open('/nowhere/model.safetensors')).toEqual(because(/no model at/))
  expect(open(first.files.model, 'abc')).toEqual(because(/not the model that was recorded/))
  expect(open(first.files.model, undefined, 64)).toEqual(because(/made for 32 tokens/))
  truncateSync(first.files.model, 3000)
  expect(open(first.files.model)).toEqual(because(/model.safetensors is not a readable safetensors file: tensor .* lies at .* of \d+ bytes/))
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
  expect(failureOf(caught)).toEqual({ error: expect.stringMatching(/Training diverged at step 1: loss NaN.*Try a learning rate below/), errorCode: 'nan-loss' })
  expect(readFileSync(command.files.metrics, 'utf8')).toBe('')
})
