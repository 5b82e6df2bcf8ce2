import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type JobRef, SediError, type Trainer, type TrainingMetric } from '@sedi/spec'
import { afterAll, expect, test } from 'vitest'
import { createEmbeddedTrainer, type EmbeddedTrainerSettings } from './embedded-trainer.ts'
import { outOfMemory } from './failure.ts'
import { collect } from './fixtures/collect.ts'
import { copyExamples, copySpec } from './fixtures/copy-task.ts'

const root = mkdtempSync(join(tmpdir(), 'sedi-embedded-'))
const options = { layers: 1, width: 16, heads: 2 }
const open: Trainer[] = []
let folders = 0

function trainerIn(folder: string, settings: Partial<EmbeddedTrainerSettings> = {}): Trainer {
  const trainer = createEmbeddedTrainer({ folder, options, checkpointEverySteps: 5, ...settings })
  open.push(trainer)
  return trainer
}
const newFolder = (): string => join(root, String(folders++))
// Most tests share one worker, whose graphs are compiled once.
const sharedFolder = newFolder()
const shared = trainerIn(sharedFolder)

afterAll(async () => {
  await Promise.all(open.map((trainer) => trainer.close!()))
  rmSync(root, { recursive: true })
})

async function metricsOf(trainer: Trainer, job: JobRef, afterStep?: number): Promise<TrainingMetric[]> {
  return await collect(trainer.metrics!(job, { afterStep }))
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return SediError.is(error) ? error.code : String(error)
}

test('submits, reports metrics as they happen, and names the new model', async () => {
  const spec = copySpec(12, { jobName: 'plain' })
  const job = await shared.submit(spec)
  expect(JSON.parse(JSON.stringify(job))).toEqual(job)
  expect((await shared.get(job)).state).toBe('queued')
  const metrics = await metricsOf(shared, job)
  expect(metrics.map((metric) => metric.exampleIds)).toEqual(spec.batches)
  const snapshot = await shared.get(job)
  expect(snapshot).toMatchObject({ state: 'succeeded', stepsDone: 12, model: { trainer: 'embedded', digest: expect.stringMatching(/^[0-9a-f]{64}$/) } })
  expect(await metricsOf(shared, job, 10)).toEqual(metrics.slice(10))
  expect(readdirSync(join(sharedFolder, 'plain')).toSorted()).toEqual(['job.json', 'metrics.jsonl', 'model.safetensors'])
})

test('jobs submitted together run one after the other', async () => {
  const jobs = await Promise.all(['one', 'two'].map((jobName) => shared.submit(copySpec(4, { jobName }))))
  for (const job of jobs) expect(await metricsOf(shared, job)).toHaveLength(4)
})

test('the same name and spec is the same job; another spec under the name is a conflict', async () => {
  const spec = copySpec(5, { jobName: 'twice' })
  const jobs = await Promise.all([shared.submit(spec), shared.submit(spec)])
  expect(jobs[0]).toEqual(jobs[1])
  const metrics = await metricsOf(shared, jobs[0])
  expect(metrics).toHaveLength(5)
  const again = await shared.submit(structuredClone(spec))
  expect((await shared.get(again)).state).toBe('succeeded')
  expect(await codeOf(shared.submit({ ...spec, randomSeed: 2 }))).toBe('conflict')
  expect(await codeOf(shared.submit({ ...spec, batches: spec.batches.toReversed() }))).toBe('conflict')
})

test('submitting a running job again disturbs nothing', async () => {
  const spec = copySpec(40, { jobName: 'running-twice' })
  const job = await shared.submit(spec)
  for await (const metric of shared.metrics!(job)) {
    if (metric.step !== 5) continue
    await shared.submit(spec)
    expect((await shared.get(job)).stepsDone).toBeGreaterThanOrEqual(5)
  }
  expect(await metricsOf(shared, job)).toHaveLength(40)
})

test('a trainer over a finished job’s folder knows it without training', async () => {
  const folder = newFolder()
  const spec = copySpec(3)
  const first = trainerIn(folder)
  const job = await first.submit(spec)
  const metrics = await metricsOf(first, job)
  const snapshot = await first.get(job)
  await first.close!()
  expect(await first.get(job)).toEqual(snapshot)

  const second = trainerIn(folder, { workerUrl: new URL('data:text/javascript,throw new Error("no worker is needed")') })
  expect(await second.submit(spec)).toEqual(job)
  expect(await second.get(job)).toEqual(snapshot)
  expect(await metricsOf(second, job)).toEqual(metrics)
})

test('a job stopped in the middle is lost, and submitting it again ends it as if nothing had happened', async () => {
  const spec = copySpec(60)
  const undisturbed = await shared.submit(spec)
  const folder = newFolder()
  const first = trainerIn(folder)
  const job = await first.submit(spec)
  for await (const metric of first.metrics!(job)) if (metric.step === 13) await first.close!()
  expect((await first.get(job)).state).toBe('lost')

  const second = trainerIn(folder)
  const lost = await second.get(job)
  expect(lost.state).toBe('lost')
  expect(lost.stepsDone).toBeGreaterThanOrEqual(13)
  expect(lost.stepsDone).toBeLessThan(60)
  expect(await metricsOf(second, await second.submit(spec))).toEqual(await metricsOf(shared, undisturbed))
  expect((await second.get(job)).model?.digest).toBe((await shared.get(undisturbed)).model?.digest)
})

test('a job nobody knows is lost; a job of another trainer is refused', async () => {
  expect(await shared.get({ trainer: 'embedded', id: 'never' })).toEqual({ state: 'lost', stepsDone: 0 })
  expect(await metricsOf(shared, { trainer: 'embedded', id: 'never' })).toEqual([])
  expect(await codeOf(shared.get({ trainer: 'openai', id: 'ft-1' }))).toBe('invalid-input')
})

test('a cancelled job stops, keeps its steps, and goes on when submitted again', async () => {
  const spec = copySpec(80, { jobName: 'cancelled' })
  const job = await shared.submit(spec)
  const seen: TrainingMetric[] = []
  for await (const metric of shared.metrics!(job)) {
    seen.push(metric)
    if (metric.step === 3) await shared.cancel!(job)
  }
  const snapshot = await shared.get(job)
  expect(snapshot).toMatchObject({ state: 'cancelled', stepsDone: seen.length })
  expect(seen.length).toBeLessThan(80)

  await shared.submit(spec)
  const whole = await metricsOf(shared, job)
  expect(whole).toHaveLength(80)
  expect(whole.slice(0, seen.length)).toEqual(seen)
})

test('a waiting job is cancelled at once', async () => {
  const running = await shared.submit(copySpec(100, { jobName: 'in-front' }))
  const waiting = await shared.submit(copySpec(5, { jobName: 'behind' }))
  await shared.cancel!(waiting)
  expect(await metricsOf(shared, waiting)).toEqual([])
  expect((await shared.get(waiting)).state).toBe('cancelled')
  await shared.cancel!(running)
  await metricsOf(shared, await shared.submit(copySpec(2, { jobName: 'behind-both' })))
  expect(await shared.get(waiting)).toEqual({ state: 'cancelled', stepsDone: 0 })
})

test('a job that cannot go on fails with the reason; the trainer works on', async () => {
  const missing = { trainer: 'embedded', uri: '/nowhere/model.safetensors' }
  const job = await shared.submit(copySpec(3, { jobName: 'failing', continueFrom: missing }))
  expect(await metricsOf(shared, job)).toEqual([])
  expect(await shared.get(job)).toEqual({
    ...{ state: 'failed', stepsDone: 0, errorCode: 'continue-from' },
    error: 'There is no model at /nowhere/model.safetensors.',
  })
  expect(await metricsOf(shared, await shared.submit(copySpec(2, { jobName: 'after' })))).toHaveLength(2)
})

test('a spec with problems is refused with all of them', async () => {
  const error = await shared.submit(copySpec(2, { batches: [['who'], []] })).catch((reason: unknown) => reason)
  expect(SediError.is(error, 'invalid-input') && error.issues.map((issue) => issue.path)).toEqual(['batches[0][0]', 'batches[1]'])
})

test('a folder that cannot be written to is a storage error', async () => {
  const file = join(root, 'a-file')
  writeFileSync(file, '')
  expect(await codeOf(trainerIn(file).submit(copySpec(1)))).toBe('storage')
})

test('without jax-js the error says what to install', async () => {
  const folder = newFolder()
  const trainer = trainerIn(folder, {
    resolvePackage: (name) => {
      throw new Error(`Cannot find module '${name}'`)
    },
  })
  const error = await trainer.submit(copySpec(1)).catch((reason: unknown) => reason)
  expect(SediError.is(error, 'missing-dependency') && error.message).toContain('npm install @jax-js/jax@0.1.25')
  expect(await codeOf(trainer.open!(undefined))).toBe('missing-dependency')
})

test('a worker that crashes fails its jobs and questions, not the process; the next one starts afresh', async () => {
  const crash = 'import { parentPort } from "node:worker_threads"; parentPort.on("message", () => { throw new Error("out of luck") })'
  const trainer = trainerIn(newFolder(), { workerUrl: new URL(`data:text/javascript,${encodeURIComponent(crash)}`) })
  const job = await trainer.submit(copySpec(3))
  expect(await metricsOf(trainer, job)).toEqual([])
  expect(await trainer.get(job)).toMatchObject({ state: 'failed', error: expect.stringContaining('out of luck'), errorCode: 'worker-crashed' })
  expect(await codeOf(trainer.open!(undefined))).toBe('internal')
})

test.each([
  ['out-of-memory', `throw new Error(${JSON.stringify(`${outOfMemory} (WebAssembly.Memory.grow(): …)`)})`, /ran out of memory; try a smaller batchSize/],
  ['worker-crashed', 'process.exit(9)', /stopped: it ended by itself/],
])('%s: the snapshot says so', async (errorCode, act, error) => {
  const program = `import { parentPort } from "node:worker_threads"; parentPort.on("message", () => { ${act} })`
  const trainer = trainerIn(newFolder(), { workerUrl: new URL(`data:text/javascript,${encodeURIComponent(program)}`) })
  const job = await trainer.submit(copySpec(3))
  expect(await metricsOf(trainer, job)).toEqual([])
  expect(await trainer.get(job)).toEqual({ state: 'failed', stepsDone: 0, error: expect.stringMatching(error), errorCode })
})

// Linux’s device that is always full.
test.runIf(existsSync('/dev/full')).each([
  ['checkpoint', 'checkpoint.safetensors.tmp', 5],
  ['model', 'model.safetensors.tmp', 12],
])('disk full at its %s: failed, finished steps are kept, and there is room the next time', async (_, file, steps) => {
  const spec = copySpec(12)
  const folder = newFolder()
  const trainer = trainerIn(folder)
  mkdirSync(join(folder, 'r01'), { recursive: true })
  symlinkSync('/dev/full', join(folder, 'r01', file))
  const job = await trainer.submit(spec)
  const before = await metricsOf(trainer, job)
  expect(before).toHaveLength(steps)
  expect(await trainer.get(job)).toEqual({ state: 'failed', stepsDone: steps, error: expect.stringMatching(/ENOSPC.*free space/), errorCode: 'disk-full' })

  rmSync(join(folder, 'r01', file), { force: true })
  const whole = await metricsOf(trainer, await trainer.submit(spec))
  expect(whole).toHaveLength(12)
  expect(whole.slice(0, steps)).toEqual(before)
  expect((await trainer.get(job)).state).toBe('succeeded')
})

test('divergence: failed as nan-loss', async () => {
  const optimiser = { learningRate: 1e30, warmupSteps: 0, maxGradNorm: Infinity, weightDecay: 0 }
  const job = await shared.submit(copySpec(9, { jobName: 'diverging', optimiser }))
  const metrics = await metricsOf(shared, job)
  expect(await shared.get(job)).toEqual({
    ...{ state: 'failed', stepsDone: metrics.length, errorCode: 'nan-loss' },
    error: expect.stringMatching(/diverged at step \d.*Try a learning rate below 1e\+30/),
  })
})

test('a job that stopped early has succeeded with fewer steps, and says so after a restart too', async () => {
  const folder = newFolder()
  const stopping = { ...options, earlyStop: { patienceSteps: 2, minimumImprovement: 9 } }
  const first = trainerIn(folder, { options: stopping })
  const job = await first.submit(copySpec(30))
  expect(await metricsOf(first, job)).toHaveLength(4)
  const snapshot = await first.get(job)
  expect(snapshot).toMatchObject({ state: 'succeeded', stepsDone: 4, warnings: [expect.stringMatching(/^Stopped early after 4 of 30 steps/)] })
  await first.close!()
  expect(await trainerIn(folder, { options: stopping }).get(job)).toEqual(snapshot)
})

test('a worker that has compiled many graphs is replaced between jobs, not under an open model; nothing else changes', async () => {
  const trainer = trainerIn(newFolder(), { mostGraphs: 0 })
  const plain = trainerIn(newFolder())
  const train = async (one: Trainer, jobName: string): Promise<string | undefined> => {
    const job = await one.submit(copySpec(3, { jobName }))
    await metricsOf(one, job)
    return (await one.get(job)).model?.digest
  }
  const digest = await train(plain, 'r01')
  expect(await train(trainer, 'r01')).toBe(digest)
  const { scorer, close } = await trainer.open!({ trainer: 'embedded', uri: 'r01/model.safetensors', digest })
  const before = await scorer!.score(copyExamples(1, 1))
  expect(await train(trainer, 'r02')).toBe(digest)
  expect(await scorer!.score(copyExamples(1, 1))).toEqual(before) // a replaced worker would not know the model
  await Promise.all([close(), close()])
  expect(await train(trainer, 'r03')).toBe(digest)
  await expect(scorer!.score(copyExamples(1, 1))).rejects.toThrow(/closed/)
  expect((await trainer.get({ trainer: 'embedded', id: 'r01' })).model?.digest).toBe(digest) // from its files
})

test('a model beyond the limits is found in the spec', () => {
  const large = trainerIn(newFolder(), { options: { layers: 4, width: 512, heads: 8 } })
  expect(large.validate(copySpec(1))).toEqual([])
  const [issue, ...others] = large.validate(copySpec(1, { maxLengthTokens: 4096 }))
  expect(others).toEqual([])
  expect(issue).toEqual({
    path: 'trainer.width',
    message: expect.stringMatching(/^width 512 and 4 layers make 1\d,\d{3},\d{3} weights, .* at most 10,000,000/),
  })
})

test('an aborted call is refused; an aborted wait for metrics ends with the same error', async () => {
  const aborted = AbortSignal.abort()
  const job = { trainer: 'embedded', id: 'plain' }
  for (const call of [() => shared.submit(copySpec(1), { signal: aborted }), () => shared.get(job, { signal: aborted })])
    expect(await codeOf(call())).toBe('aborted')
  const controller = new AbortController()
  const running = await shared.submit(copySpec(300, { jobName: 'watched' }))
  const watching = (async () => {
    for await (const metric of shared.metrics!(running, { signal: controller.signal })) if (metric.step === 2) controller.abort()
  })()
  expect(await codeOf(watching)).toBe('aborted')
  await shared.cancel!(running)
})

test('learns: exact match on unseen copies goes from under 20 % to over 80 %', async () => {
  const examples = copyExamples(300, 2)
  const seen = new Set(examples.map((example) => example.prompt))
  const unseen = copyExamples(100, 3).filter((example) => !seen.has(example.prompt))
  const trainer = trainerIn(newFolder(), { options: { layers: 2, width: 32, heads: 4 } })
  const exactMatch = async (model: Awaited<ReturnType<Trainer['get']>>['model']): Promise<number> => {
    const { scorer } = await trainer.open!(model)
    const scores = await scorer!.score(unseen)
    return scores.filter(({ tokenLogprobs, topLogprobs }) => tokenLogprobs.every((value, i) => value === topLogprobs[i])).length / unseen.length
  }
  const optimiser = { learningRate: 5e-3, warmupSteps: 10, maxGradNorm: 1, weightDecay: 0 }
  const first = await trainer.submit(copySpec(1, { examples, optimiser, jobName: 'start' }))
  await metricsOf(trainer, first)
  expect(await exactMatch((await trainer.get(first)).model)).toBeLessThan(0.2)
  const job = await trainer.submit(copySpec(100, { examples, optimiser }))
  await metricsOf(trainer, job)
  expect(await exactMatch((await trainer.get(job)).model)).toBeGreaterThan(0.8)
})
