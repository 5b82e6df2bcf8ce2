import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Mask, TrainingMetric, TrainingSpec } from '@sedi/spec'
import { afterAll, expect, test } from 'vitest'
import { findPython } from '../python-job/environment.ts'
import { pythonEnvironment } from '../python-job/processes.ts'
import { makeFolder } from '../storage.ts'
import { encodeExample } from './encode-example.ts'
import { copyExamples, copySpec } from './fixtures/copy-task.ts'
import { createGraphs } from './graphs.ts'
import { loadJax } from './jax.ts'
import { hashSpec, jobFiles } from './job-files.ts'
import { readModel } from './model.ts'
import { openTrainingJob } from './training-job.ts'

// The other computation is in fixtures/against_pytorch.py: PyTorch, float64, row by row. Ours is float32.
// Relative, gaps in nats, errors as they are; of the weights, the distance between the two results as a share of the way they came. Seen: 2e-6, 4e-7, 1e-6, 1e-7, 2e-6.
const tolerance = { loss: 1e-5, gap: 1e-5, error: 1e-5, gradNorm: 1e-5, weights: 1e-4 }

const root = mkdtempSync(join(tmpdir(), 'sedi-against-pytorch-'))
afterAll(() => rmSync(root, { recursive: true }))

type Figures = {
  readonly step: number
  readonly loss: number
  readonly gradNorm: number
  readonly exampleLosses: readonly number[]
  readonly exampleGaps: readonly number[]
  readonly exampleErrors: readonly number[]
  readonly masked: readonly boolean[]
}

/** Copies of one to five digits with some wrong answers, prompts too long and an answer too long, continued from a model with moments. */
async function trainAll(masks: readonly (Mask | undefined)[]) {
  const graphs = createGraphs(await loadJax())
  const options = { layers: 3, width: 32, heads: 4 }
  const examples = copyExamples(64, 1).map(({ id, prompt, completion }, i) => ({
    id,
    prompt: i % 7 === 0 ? `${'copy this please '.repeat(12)}${prompt}` : prompt,
    completion: i === 5 ? '3 1 '.repeat(20) : i % 5 === 0 ? '7 7' : completion.slice(0, 1 + (i % 5)),
  }))
  const optimiser = { learningRate: 3e-3, warmupSteps: 20, maxGradNorm: 1, weightDecay: 0.05 }

  function train(spec: TrainingSpec) {
    const files = jobFiles(root, spec.jobName)
    makeFolder(files.folder)
    const job = openTrainingJob(graphs, { type: 'train', spec, specHash: hashSpec(spec, options), files, options, checkpointEverySteps: 100 })
    const metrics: TrainingMetric[] = []
    for (let metric = job.step(); metric !== undefined; metric = job.step()) metrics.push(metric)
    job.finish()
    job.close()
    return { metrics, file: files.model }
  }
  const start = train(copySpec(12, { jobName: 'start', examples, optimiser }))
  const { tokenizer } = readModel(start.file)!.model
  const encoded = new Map(examples.map((example) => [example.id, encodeExample(tokenizer, example, 32)]))
  return masks.map((mask, i) => {
    const spec = copySpec(8, {
      jobName: `masked-${i}`,
      firstStep: 13,
      examples,
      optimiser,
      mask,
      measures: ['error'],
      continueFrom: { trainer: 'embedded', uri: start.file },
    })
    const { metrics, file } = train(spec)
    const batches = spec.batches.map((ids) => ids.map((id) => encoded.get(id)!))
    return { metrics, job: { model: start.file, final: file, batches, ids: spec.batches, firstStep: spec.firstStep, optimiser, mask } }
  })
}

test('losses, gaps, masks, gradient norms and weights are those of an independent PyTorch computation', { timeout: 600_000 }, async () => {
  const exempt = Array.from({ length: 16 }, (_, i) => `e${5 * i}`)
  const masks: (Mask | undefined)[] = [
    undefined,
    { rule: 'gap', threshold: 1.2, warmSteps: 14 },
    { rule: 'trim', share: 0.3, warmSteps: 14 },
    { rule: 'gap', threshold: 1.2, warmSteps: 14, exempt },
    { rule: 'trim', share: 0.5, warmSteps: 14, exempt },
    { rule: 'gap', threshold: 1e-6, warmSteps: 16 }, // every row
  ]
  const trained = await trainAll(masks)
  const printed = execFileSync(findPython(undefined), [fileURLToPath(new URL('./fixtures/against_pytorch.py', import.meta.url))], {
    input: JSON.stringify(trained.map(({ job }) => job)),
    env: pythonEnvironment(),
    maxBuffer: 2 ** 26,
  })
  const theirs = JSON.parse(printed.toString()) as { readonly steps: readonly Figures[]; readonly weightsApart: number }[]

  const worst = { loss: 0, gap: 0, error: 0, gradNorm: 0, weights: 0 }
  const differ = (what: keyof typeof worst, difference: number): void => {
    worst[what] = Math.max(worst[what], difference)
  }
  trained.forEach(({ metrics }, job) => {
    expect(theirs[job]!.steps).toHaveLength(metrics.length)
    metrics.forEach((ours, i) => {
      const other = theirs[job]!.steps[i]!
      expect(other.step).toBe(ours.step)
      if (masks[job] !== undefined) expect(ours.masked, `job ${job}, step ${ours.step}`).toEqual(other.masked)
      differ('loss', Math.abs(ours.loss / other.loss - 1))
      for (const [row, loss] of other.exampleLosses.entries()) differ('loss', Math.abs(ours.exampleLosses![row]! / loss - 1))
      for (const [row, gap] of other.exampleGaps.entries()) differ('gap', Math.abs(ours.exampleGaps![row]! - gap))
      for (const [row, error] of other.exampleErrors.entries()) differ('error', Math.abs(ours.exampleErrors![row]! - error))
      if (other.gradNorm === 0) expect(ours.gradNorm).toBe(0)
      else differ('gradNorm', Math.abs(ours.gradNorm! / other.gradNorm - 1))
    })
    differ('weights', theirs[job]!.weightsApart)
  })
  for (const what of ['loss', 'gap', 'error', 'gradNorm', 'weights'] as const) expect(worst[what], what).toBeLessThan(tolerance[what])

  // The masks were at work, and not everywhere.
  const shares = trained.map(({ metrics }) => metrics.flatMap(({ masked }) => masked ?? []))
  const left = shares.map((rows) => rows.filter(Boolean).length / Math.max(1, rows.length))
  expect(left[0]).toBe(0)
  for (const share of left.slice(1)) expect(share).toSatisfy((value: number) => value > 0.1 && value < 0.9)
  expect(trained.at(-1)!.metrics.at(-1)!.gradNorm).toBe(0)
})
