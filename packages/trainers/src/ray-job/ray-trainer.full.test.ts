import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RayHead, startRayHead } from '@sedi/testing'
import { describeTrainerContract, trainingSpec } from '@sedi/testing/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import ray from '../backends/ray.ts'
import { findPython, packageFolder } from '../python-job/environment.ts'
import { pythonEnvironment } from '../python-job/processes.ts'
import { rayEnvironmentFolder } from './set-up.ts'

// Environments are made by `sedi trainer setup python` and `sedi trainer setup ray`, which test:full does first.
const root = mkdtempSync(join(tmpdir(), 'sedi-ray-'))
const base = join(root, 'base')
const token = 'b'.repeat(64)
let head: RayHead

beforeAll(async () => {
  const make = `import sys, pathlib; sys.path.insert(0, sys.argv[1]); from tiny import make_model; make_model(pathlib.Path(sys.argv[2]))`
  execFileSync(findPython(undefined), ['-c', make, join(packageFolder, 'tests'), base], { env: pythonEnvironment(), stdio: 'ignore' })
  head = await startRayHead({ environment: rayEnvironmentFolder(), token })
}, 600_000)
afterAll(async () => {
  await head?.close()
  rmSync(root, { recursive: true, force: true })
}, 600_000)

function trainerIn(name: string, changes: object = {}) {
  const folder = join(root, name)
  mkdirSync(folder, { recursive: true })
  const options = { address: head.address, baseModel: base, method: 'full', precision: 'fp32', checkpointEverySteps: 20, ...changes }
  return ray.createTrainer(ray.options.parse(options), { folder, credentials: { token } })
}

// Of the tests that only ask again what others have shown, those that cost a job more are left to the imitation of a head.
const costsAJob = 'costs half a minute of starting Python; shown at the imitation of a head'
describeTrainerContract({
  name: 'ray, on a real head',
  capabilities: ray.capabilities,
  create: async () => ({ open: () => trainerIn('contract') }),
  longJobSteps: 100,
  timeoutMs: 600_000,
  skip: { 'takes the same job twice as one': costsAJob, 'ends a wait for steps when aborted': costsAJob },
})

describe('a real head', { timeout: 600_000 }, () => {
  it('keeps a job waiting that asks for too much, and says what it says', async () => {
    const trainer = await trainerIn('greedy', { gpus: 4, startMinutes: 1 / 6 })
    const job = await trainer.submit(trainingSpec())
    expect(await trainer.get(job)).toMatchObject({ state: 'queued', stepsDone: 0 })
    expect(await Array.fromAsync(trainer.metrics!(job))).toEqual([])
    expect(await trainer.get(job)).toMatchObject({ state: 'failed', errorCode: 'never-started' })
  })

  it('fails with what the node’s shell and Python say', async () => {
    const failure = async (name: string, changes: object) => {
      const trainer = await trainerIn(name, changes)
      const job = await trainer.submit(trainingSpec())
      await Array.fromAsync(trainer.metrics!(job))
      return trainer.get(job)
    }
    const none = await failure('no-python', { python: '/no/such/python' })
    expect(none).toMatchObject({ state: 'failed', errorCode: 'environment', error: expect.stringMatching(/\/no\/such\/python.*not found.*trainer\.python/s) })
    const bare = await failure('bare-python', { python: join(rayEnvironmentFolder(), 'bin', 'python') })
    expect(bare).toMatchObject({ state: 'failed', errorCode: 'environment', error: expect.stringMatching(/No module named '\w+'/) })
  })
})
