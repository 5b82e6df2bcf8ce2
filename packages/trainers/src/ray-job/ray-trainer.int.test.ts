import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type JobSnapshot, SediError, type Trainer } from '@sedi/spec'
import { describeTrainerContract, trainingSpec } from '@sedi/testing/contracts'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import ray from '../backends/ray.ts'
import { writeFakePython } from './fixtures/fake-python.ts'
import { type FakeRay, type FakeRayOptions, startFakeRay } from './fixtures/fake-ray.ts'
import { createRayApi } from './ray-api.ts'
import { createRayTrainer, type RayTrainerSettings } from './ray-trainer.ts'

const root = mkdtempSync(join(tmpdir(), 'sedi ray-'))
const { python, behave } = writeFakePython(root)
afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }))

let folders = 0
const newFolder = (): string => {
  const folder = join(root, `run${folders++}`)
  mkdirSync(folder)
  return folder
}

function trainerAt(cluster: FakeRay, folder: string, changes: Partial<RayTrainerSettings> = {}, token?: string): Trainer {
  const { baseModel, method, lora, rowsPerDevice, precision, gradientCheckpointing, checkpointEverySteps, tooLong, chatTemplate, keepOptimiser, mayDownload } =
    ray.options.parse({ baseModel: './base' })
  return createRayTrainer({
    folder,
    sharedFolder: undefined,
    api: createRayApi({ address: cluster.address, token, pausesMs: [5, 10, 20] }),
    options: {
      baseModel,
      method,
      lora,
      rowsPerDevice,
      precision,
      gradientCheckpointing,
      checkpointEverySteps,
      tooLong,
      chatTemplate,
      keepOptimiser,
      mayDownload,
    },
    resources: { cpus: 1, gpus: 0, memoryGb: undefined, resources: {} },
    environment: { python, install: false, runtimeEnv: {} },
    opens: false,
    localPython: undefined,
    patience: { startMs: undefined, settleMs: 200 },
    pollMs: 15,
    ...changes,
  })
}

async function run(trainer: Trainer, spec = trainingSpec()) {
  const ref = await trainer.submit(spec)
  const metrics = await Array.fromAsync(trainer.metrics!(ref))
  return { ref, metrics, snapshot: await ended(trainer) }
}

async function ended(trainer: Trainer): Promise<JobSnapshot> {
  for (;;) {
    const snapshot = await trainer.get({ trainer: 'ray', id: 'r01' })
    if (snapshot.state !== 'queued' && snapshot.state !== 'running') return snapshot
    await wait(10)
  }
}

const attemptsIn = (folder: string): readonly { readonly id: string }[] => JSON.parse(readFileSync(join(folder, 'r01', 'record.json'), 'utf8')).attempts
const stepsOf = (metrics: readonly { readonly step: number }[]) => metrics.map(({ step }) => step)

describe('over the whole contract', () => {
  let cluster: FakeRay
  beforeAll(async () => {
    behave('good 8')
    cluster = await startFakeRay()
  })
  afterAll(() => cluster.close())
  describeTrainerContract({
    name: 'ray, at an imitation of its head',
    capabilities: { ...ray.capabilities, serves: false },
    async create() {
      const folder = newFolder()
      return { open: async () => trainerAt(cluster, folder) }
    },
    longJobSteps: 400,
  })
})

describe('what a cluster does', () => {
  let cluster: FakeRay
  const begin = async (options?: FakeRayOptions): Promise<void> => {
    await cluster?.close()
    cluster = await startFakeRay(options)
  }
  beforeEach(async () => {
    behave('good')
    await begin()
  })
  afterEach(() => cluster.close())

  it('gets one job for one submission, whatever was interrupted: an answer lost, a head without an agent', async () => {
    const folder = newFolder()
    const busy = { status: 500, text: 'No available agent to submit job, please try again later.' }
    // Whether the last of these took it nobody can say: what is tried later has the same name, which the cluster takes once.
    cluster.refuse(busy, busy, busy, busy)
    await expect(trainerAt(cluster, folder).submit(trainingSpec())).rejects.toMatchObject({ code: 'provider-response', retryable: true })
    cluster.refuse({ status: 404, text: 'Job sedi-r01 does not exist' }, busy)
    cluster.loseAnswer()
    await trainerAt(cluster, folder).submit(trainingSpec())
    const record = join(folder, 'r01', 'record.json')
    const known = JSON.parse(readFileSync(record, 'utf8'))
    expect(known.attempts).toEqual([{ id: expect.stringMatching(/^sedi-r01-[0-9a-f]{8}-[0-9a-f]{10}-1$/), submittedAt: expect.any(Number), accepted: true }])
    const { snapshot } = await run(trainerAt(cluster, folder))
    expect(snapshot).toMatchObject({ state: 'succeeded', stepsDone: 6, model: { trainer: 'ray', uri: 'r01/model', digest: 'd6' } })
    expect(cluster.requests).toHaveLength(1)
    // Killed before the answer came: nobody knows whether the cluster has it.
    writeFileSync(record, JSON.stringify({ ...known, attempts: [{ ...known.attempts[0], accepted: undefined }] }))
    rmSync(join(folder, 'r01', 'status.json'))
    await trainerAt(cluster, folder).submit(trainingSpec())
    expect(cluster.requests).toHaveLength(1)
  })

  it('is asked for what was configured; words of the command arrive as they are', async () => {
    await begin({ gpus: 2 })
    const folder = join(newFolder(), `it's $HOME`)
    const resources = { cpus: 4, gpus: 1, memoryGb: 1.5, resources: { tpu: 1 } }
    const environment = { python, install: true, runtimeEnv: { env_vars: { NCCL_DEBUG: 'INFO' } } }
    const { snapshot } = await run(trainerAt(cluster, folder, { resources, environment }))
    expect(snapshot.state).toBe('succeeded')
    const [request] = cluster.requests as unknown as Record<string, unknown>[]
    expect(request).toMatchObject({
      entrypoint_num_cpus: 4,
      entrypoint_num_gpus: 1,
      entrypoint_memory: 1.5e9,
      entrypoint_resources: { tpu: 1 },
      metadata: { sedi_job: 'r01' },
      runtime_env: { env_vars: { NCCL_DEBUG: 'INFO' }, pip: [expect.stringMatching(/^-r .*requirements\.lock$/)] },
    })
    expect(existsSync((request!.runtime_env as { pip: string[] }).pip[0]!.slice(3))).toBe(true)
  })

  it('reads and writes a folder of its own in the shared one, and continues from a model there', async () => {
    const [folder, sharedFolder] = [newFolder(), newFolder()]
    const trainer = trainerAt(cluster, folder, { sharedFolder })
    const { model } = (await run(trainer)).snapshot
    expect([model?.uri, existsSync(join(folder, 'r01', 'model'))]).toEqual(['r01/model', false])
    const next = await trainer.submit(trainingSpec({ jobName: 'r02', firstStep: 7, continueFrom: model }))
    await Array.fromAsync(trainer.metrics!(next))
    const places = cluster.requests.map(({ entrypoint }) => /train '?([^']*)'?$/.exec(entrypoint)![1]!)
    expect(places[0]).toMatch(new RegExp(`^${sharedFolder}/sedi-r01-[0-9a-f-]+$`))
    expect(JSON.parse(readFileSync(join(places[1]!, 'job.json'), 'utf8')).continueFrom).toBe(join(places[0]!, 'model'))
  })

  it('stops and goes on under the next number; finished steps stay', async () => {
    behave('good 300')
    const folder = newFolder()
    const trainer = trainerAt(cluster, folder)
    const ref = await trainer.submit(trainingSpec())
    for await (const _ of trainer.metrics!(ref)) break
    await createRayApi({ address: cluster.address, pausesMs: [] }).stop(attemptsIn(folder)[0]!.id) // somebody else, in Ray's dashboard
    const { state, stepsDone } = await ended(trainer)
    expect([state, stepsDone < 6]).toEqual(['cancelled', true])
    behave('good')
    const { snapshot, metrics } = await run(trainer)
    expect([snapshot.state, stepsOf(metrics)]).toEqual(['succeeded', [1, 2, 3, 4, 5, 6]])
    expect(attemptsIn(folder).map(({ id }) => id.slice(-2))).toEqual(['-1', '-2'])
  })

  it('lets a job wait; one that waits too long never started, and is told to stop', async () => {
    const folder = newFolder()
    const greedy = { resources: { cpus: 1, gpus: 8, memoryGb: undefined, resources: {} } }
    const patient = trainerAt(cluster, folder, greedy)
    const ref = await patient.submit(trainingSpec())
    await wait(60)
    expect((await patient.get(ref)).state).toBe('queued')
    const hasty = trainerAt(cluster, folder, { ...greedy, patience: { startMs: 30, settleMs: 10 } })
    const given = { state: 'failed', stepsDone: 0, errorCode: 'never-started', error: expect.stringMatching(/had not begun \d+ s after.*trainer\.gpus/) }
    expect(await hasty.get(ref)).toMatchObject(given)
    expect(await patient.get(ref)).toMatchObject(given)
    const { snapshot } = await run(trainerAt(cluster, folder))
    expect([snapshot.state, attemptsIn(folder).length]).toEqual(['succeeded', 2])
    // A pending job can be cancelled although the cluster keeps it.
    const other = newFolder()
    const waiting = trainerAt(cluster, other, greedy)
    await waiting.cancel!(await waiting.submit(trainingSpec()))
    expect([(await waiting.get(ref)).state, cluster.last().status]).toEqual(['cancelled', 'PENDING'])
  })

  it('fails with the reason: the environment, the interpreter, the folder, what Python says', async () => {
    const failure = async (changes?: Partial<RayTrainerSettings>): Promise<JobSnapshot> => (await run(trainerAt(cluster, newFolder(), changes))).snapshot
    const environment = { python, install: false, runtimeEnv: { pip: ['no-such-package==1'] } }
    expect(await failure({ environment })).toMatchObject({
      state: 'failed',
      errorCode: 'environment',
      error: expect.stringMatching(/No matching distribution/),
    })
    const none = { python: '/no/such/python', install: false, runtimeEnv: {} }
    expect(await failure({ environment: none })).toMatchObject({
      state: 'failed',
      errorCode: 'environment',
      error: expect.stringMatching(/exit code 127.*trainer\.python/s),
    })
    behave('no-torch')
    expect(await failure()).toMatchObject({
      state: 'failed',
      errorCode: 'environment',
      error: expect.stringMatching(/torch.*trainer\.packages/s),
    })
    behave('not-shared')
    expect(await failure()).toMatchObject({ state: 'failed', errorCode: 'not-shared', error: expect.stringMatching(/trainer\.sharedFolder/) })
    behave('out-of-memory')
    expect(await failure()).toMatchObject({ state: 'failed', stepsDone: 3, errorCode: 'out-of-memory', error: 'CUDA out of memory (out-of-memory)' })
    behave('exits-7')
    expect(await failure()).toMatchObject({ state: 'failed', stepsDone: 3, error: expect.stringMatching(/exit code 7:.*segmented/s) })
  })

  it('loses jobs: killed on the node, forgotten by a new head, ended without a word; submitted again they go on', async () => {
    for (const [behaviour, error] of [
      ['killed', /ended by signal 9/],
      ['silent-success', /says that it has succeeded, but status\.json in .* says “running”/],
    ] as const) {
      behave(behaviour)
      const folder = newFolder()
      const { snapshot, metrics } = await run(trainerAt(cluster, folder))
      expect(snapshot).toMatchObject({ state: 'lost', stepsDone: 3, error: expect.stringMatching(error) })
      const again = await run(trainerAt(cluster, folder))
      expect([again.snapshot.state, again.metrics.slice(0, 3)]).toEqual(['succeeded', metrics])
    }
    behave('good 300')
    const folder = newFolder()
    const trainer = trainerAt(cluster, folder)
    const ref = await trainer.submit(trainingSpec())
    for await (const _ of trainer.metrics!(ref)) break
    cluster.restart()
    expect(await ended(trainer)).toMatchObject({ state: 'lost', error: expect.stringMatching(/head was restarted/) })
    behave('good')
    expect((await run(trainer)).snapshot.state).toBe('succeeded')
  })

  it('may say what nobody knows: taken as running, and said', async () => {
    behave('good 300')
    const folder = newFolder()
    const trainer = trainerAt(cluster, folder)
    const ref = await trainer.submit(trainingSpec())
    for await (const _ of trainer.metrics!(ref)) break
    cluster.last().status = 'SUSPENDED'
    expect(await trainer.get(ref)).toMatchObject({ state: 'running', warnings: [expect.stringMatching(/“SUSPENDED”, which this version does not know/)] })
    expect((await ended(trainer)).state).toBe('succeeded')
  })

  it('cannot be reached: a job with signs of life runs on, otherwise the error says what to do', async () => {
    behave('good 300')
    const folder = newFolder()
    const trainer = trainerAt(cluster, folder)
    const ref = await trainer.submit(trainingSpec())
    for await (const _ of trainer.metrics!(ref)) break
    await cluster.goDown()
    expect(await trainer.get(ref)).toMatchObject({ state: 'running', warnings: [expect.stringMatching(/cannot be reached.*signs of life/)] })
    expect(stepsOf(await Array.fromAsync(trainer.metrics!(ref)))).toEqual([1, 2, 3, 4, 5, 6])
    expect((await trainer.get(ref)).state).toBe('succeeded')
    const error = await trainerAt(cluster, newFolder())
      .submit(trainingSpec())
      .catch((thrown: unknown) => thrown)
    expect(SediError.is(error, 'provider-response') && error.message).toMatch(
      /cannot be reached at http:\/\/127.0.0.1:\d+: .*ECONNREFUSED.*trainer\.address|sedi resume/,
    )
    await cluster.comeBack()
  })

  it('asks for a token, which no error repeats', async () => {
    await begin({ token: 'a-secret-token' })
    const codeOf = async (token?: string): Promise<string> => {
      const error = await trainerAt(cluster, newFolder(), {}, token)
        .submit(trainingSpec())
        .catch((thrown: unknown) => thrown)
      if (!SediError.is(error)) throw new Error(`expected a SediError, got ${error}`)
      expect(`${error.message}${JSON.stringify(error)}`).not.toContain('secret')
      expect(error.message).toContain('RAY_AUTH_TOKEN')
      return error.code
    }
    expect([await codeOf(), await codeOf('another-secret')]).toEqual(['missing-credential', 'invalid-credential'])
    expect((await run(trainerAt(cluster, newFolder(), {}, 'a-secret-token'))).snapshot.state).toBe('succeeded')
  })

  it('is no Ray at all: said, not waited for', async () => {
    cluster.refuse({ status: 404, text: '<html>Not Found</html>' })
    const submitted = trainerAt(cluster, newFolder()).submit(trainingSpec())
    await expect(submitted).rejects.toMatchObject({ code: 'provider-response', message: expect.stringMatching(/Expected Ray’s Jobs API at .* got 404/) })
    cluster.refuse({ status: 400, text: 'Traceback…\nTypeError: entrypoint must be a string\n' })
    await expect(trainerAt(cluster, newFolder()).submit(trainingSpec())).rejects.toMatchObject({
      code: 'invalid-config',
      message: expect.stringMatching(/TypeError: entry/),
    })
  })
})
