import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Trainer, TrainingMetric, TrainingSpec } from '@sedi/spec'
import { describeTrainerContract } from '@sedi/testing/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import command from '../backends/command.ts'
import python from '../backends/python.ts'
import { findPython, packageFolder } from './environment.ts'
import { pythonEnvironment } from './processes.ts'

// The environment is made by `sedi trainer setup python`, which test:full does first.
const root = mkdtempSync(join(tmpdir(), 'sedi-python-'))
const base = join(root, 'base')
afterAll(() => rmSync(root, { recursive: true, force: true }))
beforeAll(() => {
  const make = `import sys; sys.path.insert(0, ${JSON.stringify(join(packageFolder, 'tests'))}); from tiny import make_model; make_model(__import__('pathlib').Path(${JSON.stringify(base)}))`
  execFileSync(findPython(undefined), ['-c', make], { env: pythonEnvironment(), stdio: 'ignore' })
}, 600_000)

const words = ['sun', 'rain', 'river', 'stone', 'cloud', 'field', 'house', 'night']
const examples = words.map((word, i) => ({ id: `e${i}`, prompt: `Say ${word} twice.`, completion: `${word} ${word}` }))

const spec = (changes: Partial<TrainingSpec> = {}): TrainingSpec => ({
  jobName: 'r01',
  examples,
  batches: Array.from({ length: 6 }, (_, i) => [0, 1, 2, 3].map((j) => `e${(3 * i + j) % 8}`)),
  batchSize: 4,
  firstStep: 1,
  optimiser: { learningRate: 0.01, warmupSteps: 0, maxGradNorm: 1, weightDecay: 0 },
  maxLengthTokens: 128,
  randomSeed: 3,
  ...changes,
})

const trainerIn = (name: string, changes: object = {}): Promise<Trainer> =>
  python.createTrainer(python.options.parse({ baseModel: base, method: 'full', precision: 'fp32', checkpointEverySteps: 2, ...changes }), {
    folder: join(root, name),
  })

async function train(trainer: Trainer, wanted: TrainingSpec) {
  const job = await trainer.submit(wanted)
  const metrics = await Array.fromAsync(trainer.metrics!(job))
  return { job, metrics, snapshot: await trainer.get(job) }
}

describe('trainer: python', { timeout: 600_000 }, () => {
  let undisturbed: TrainingMetric[]

  it('trains on exactly the batches, in order, and goes on from its own model', async () => {
    const trainer = await trainerIn('calm')
    const first = await train(trainer, spec())
    undisturbed = first.metrics
    expect(first.snapshot).toMatchObject({ state: 'succeeded', stepsDone: 6, model: { trainer: 'python', uri: 'r01/model' } })
    expect(first.metrics.map(({ exampleIds }) => exampleIds)).toEqual(spec().batches)
    expect(first.metrics.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6])
    for (const { gradNorm, exampleLosses } of first.metrics) expect([gradNorm! > 0, exampleLosses!.length]).toEqual([true, 4])

    const second = await train(trainer, spec({ jobName: 'r02', firstStep: 7, continueFrom: first.snapshot.model }))
    expect(second.snapshot.state).toBe('succeeded')
    expect(second.metrics[0]!.loss).toBeLessThan(first.metrics[0]!.loss)
    await trainer.close?.()
    // Another process finds the finished job and does not do it again.
    const again = await trainerIn('calm')
    expect((await train(again, spec())).metrics).toEqual(first.metrics)
    await expect(again.submit(spec({ randomSeed: 4 }))).rejects.toMatchObject({ code: 'conflict' })
    await again.close?.()
  })

  it('serves the model it made: greedy answers, and scores that say how sure it is', async () => {
    const trainer = await trainerIn('calm')
    const model = (await trainer.get({ trainer: 'python', id: 'r02' })).model!
    const opened = await trainer.open!(model)
    const asked = { messages: [{ role: 'user' as const, content: examples[0]!.prompt }], maxOutputTokens: 12, temperature: 0 }
    const [one, two] = [await opened.generator.generate(asked), await opened.generator.generate(asked)]
    expect(one.text).toBe(two.text)
    expect(one.usage.outputTokens).toBeGreaterThan(0)
    const [scored] = await opened.scorer!.score([examples[0]!])
    expect(scored!.tokenLogprobs).toHaveLength('sun sun'.length + 1) // a byte each, and the end
    for (const [i, logprob] of scored!.tokenLogprobs.entries()) expect(logprob).toBeLessThanOrEqual(scored!.topLogprobs[i]! + 1e-6)
    const untrained = await trainer.open!(undefined)
    const [before] = await untrained.scorer!.score([examples[0]!])
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
    expect(mean(scored!.tokenLogprobs)).toBeGreaterThan(mean(before!.tokenLogprobs))
    await Promise.all([opened.close(), untrained.close()])
  })

  it('a killed process is lost, and the job goes on from its checkpoint with the same figures', async () => {
    const trainer = await trainerIn('killed')
    const job = await trainer.submit(spec())
    for await (const metric of trainer.metrics!(job)) if (metric.step >= 3) break
    const pid = JSON.parse(readFileSync(join(root, 'killed', 'r01', 'status.json'), 'utf8')).pid
    process.kill(pid, 'SIGKILL')
    while ((await trainer.get(job)).state === 'running') await wait(50)
    // The tiny job may have ended before the signal came.
    expect(['lost', 'succeeded']).toContain((await trainer.get(job)).state)
    const { metrics, snapshot } = await train(trainer, spec())
    expect(snapshot).toMatchObject({ state: 'succeeded', warnings: [] })
    expect(metrics).toEqual(undisturbed)
    await trainer.close?.()
  })

  it('does the same job for `command`, as a cluster would start it', async () => {
    const options = command.options.parse({
      command: [findPython(undefined), '-m', 'sedi_trainer', 'train', '{folder}'],
      capabilities: { perStepLoss: true, fixedBatches: true, perStepGradNorm: true, perExampleLoss: true, perExampleGap: true, resume: true },
      job: {
        ...{ baseModel: base, method: 'full', rowsPerDevice: 4, precision: 'fp32', gradientCheckpointing: false, checkpointEverySteps: 2 },
        ...{ tooLong: 'truncate', chatTemplate: 'auto', keepOptimiser: true, mayDownload: false },
      },
    })
    const trainer = await command.createTrainer(options, { folder: join(root, 'command') })
    const { metrics, snapshot } = await train(trainer, spec())
    expect(snapshot).toMatchObject({ state: 'succeeded', stepsDone: 6, model: { trainer: 'command', uri: 'r01/model' } })
    expect(metrics).toEqual(undisturbed)
  })

  it('can be cancelled, and says so afterwards', async () => {
    const trainer = await trainerIn('cancelled')
    const job = await trainer.submit(spec({ batches: Array.from({ length: 2000 }, () => ['e0', 'e1']) }))
    for await (const _ of trainer.metrics!(job)) break
    await trainer.cancel!(job)
    expect(await trainer.get(job)).toMatchObject({ state: 'cancelled' })
    await trainer.close?.()
  })

  it('says what is wrong: no model, no interpreter', async () => {
    const nowhere = await trainerIn('nowhere', { baseModel: join(root, 'no-such-model') })
    expect((await train(nowhere, spec())).snapshot).toMatchObject({ state: 'failed', error: expect.stringMatching(/no-such-model.*mayDownload/) })
    const none = await trainerIn('none', { python: join(root, 'no-python') })
    expect((await train(none, spec())).snapshot).toMatchObject({ state: 'failed', error: expect.stringMatching(/cannot be started/) })
  })
})

describeTrainerContract({
  name: 'python',
  capabilities: python.capabilities,
  create: async () => ({ open: () => trainerIn('contract') }),
  longJobSteps: 400,
  timeoutMs: 900_000,
})
