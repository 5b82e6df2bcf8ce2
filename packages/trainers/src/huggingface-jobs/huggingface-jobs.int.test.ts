import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type JobSnapshot, SediError, type Trainer } from '@sedi/spec'
import { type FakeHub, startFakeHub } from '@sedi/testing'
import { describeTrainerContract, trainingSpec } from '@sedi/testing/contracts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import backend from '../backends/huggingface-jobs.ts'
import { writeFileAtomically } from '../storage.ts'
import { type Behaviour, standInMachine } from './fixtures/machine.ts'
import { createHuggingFaceJobsTrainer, type HuggingFaceJobsSettings } from './huggingface-jobs-trainer.ts'

const token = 'hf_1234567890abcdefKEY'
const repository = 'tester/poems'
const root = mkdtempSync(join(tmpdir(), 'sedi-hub-'))
const current: { behaviour: Behaviour; msPerStep: number } = { behaviour: 'good', msPerStep: 2 }
const machine = standInMachine(current)

let hub: FakeHub
let folders = 0
const newFolder = (): string => {
  const folder = join(root, `run${folders++}`)
  mkdirSync(folder)
  return folder
}

function trainerIn(folder: string, changes: Partial<HuggingFaceJobsSettings> = {}): Trainer {
  return createHuggingFaceJobsTrainer({
    ...{ folder, hubUrl: hub.url, token, repository, namespace: 'tester', pollMs: 20, startMs: undefined, pausesMs: [10, 20, 40] },
    machine: { flavor: 'cpu-basic', image: 'python:3.12', timeoutMinutes: 10, install: 'locked', processes: 1, pushSeconds: 0.05 },
    options: {
      ...{ baseModel: 'tester/base', method: 'lora', rowsPerDevice: 4, precision: 'auto', gradientCheckpointing: false, checkpointEverySteps: 50 },
      ...{
        lora: { rank: 4, alpha: 8, dropout: 0, targetModules: 'all-linear' },
        tooLong: 'truncate',
        chatTemplate: 'auto',
        mayDownload: true,
        keepOptimiser: true,
      },
    },
    ...changes,
  })
}

beforeAll(async () => {
  hub = await startFakeHub({ token, machine })
})
afterAll(async () => {
  await hub.close()
  rmSync(root, { recursive: true, force: true, maxRetries: 5 })
})

const r01 = { trainer: 'huggingface-jobs', id: 'r01' }

async function ended(trainer: Trainer): Promise<JobSnapshot> {
  for (;;) {
    const snapshot = await trainer.get(r01)
    if (snapshot.state !== 'queued' && snapshot.state !== 'running') return snapshot
    await wait(20)
  }
}

async function run(trainer: Trainer, spec = trainingSpec()) {
  await trainer.submit(spec)
  return { metrics: await Array.fromAsync(trainer.metrics!(r01)), snapshot: await ended(trainer) }
}

async function failure(made: Promise<unknown>): Promise<SediError> {
  const error = await made.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!SediError.is(error)) throw new Error(`Expected a SediError, got ${String(error)}`)
  return error
}

describe('a hub of its own', () => {
  beforeEach(async () => {
    await hub.close()
    Object.assign(current, { behaviour: 'good', msPerStep: 2 })
    hub = await startFakeHub({ token, machine })
  })

  it('rents one machine, and gives the key to it as a secret and to nobody else', async () => {
    const folder = newFolder()
    const { metrics, snapshot } = await run(trainerIn(folder))
    expect(metrics.map(({ exampleIds }) => exampleIds)).toEqual(trainingSpec().batches)
    expect(snapshot).toMatchObject({ state: 'succeeded', stepsDone: 6, model: { uri: expect.stringMatching(/^hf:\/\/tester\/poems\/jobs\/r01-\w+\/model$/) } })
    const [job, ...more] = hub.jobs.all
    expect(more).toEqual([])
    const { secrets, ...shown } = job!.request
    expect(secrets).toEqual({ HF_TOKEN: token })
    expect(JSON.stringify(shown)).not.toContain(token)
    expect(shown).toMatchObject({ dockerImage: 'python:3.12', flavor: 'cpu-basic', timeoutSeconds: 600, command: ['python3', '-c', expect.any(String)] })
    expect(hub.repository(repository).private).toBe(true)
    const repositoryText = [...hub.repository(repository).commits.at(-1)!.files.values()].map(({ bytes }) => bytes.toString('utf8')).join('\n')
    const own = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    expect(own.length).toBeGreaterThan(3)
    for (const text of [repositoryText, ...own.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))]) expect(text).not.toContain(token)
    expect(await trainerIn(folder).submit(trainingSpec())).toEqual(r01)
    expect(hub.jobs.all).toHaveLength(1)
  })

  it.each([
    ['before the attempt is noted', 2, 0],
    ['after the attempt is noted, before anything is asked for', 2.5, 0],
    ['after the hub took the job, before its answer is noted', 3, 1],
  ])('pays for one machine after a crash %s', async (_, atWrite, jobsThen) => {
    const folder = newFolder()
    let writes = 0
    const crashing = trainerIn(folder, {
      writeFile: (path, text) => {
        if (++writes >= atWrite) throw new Error('crash')
        writeFileAtomically(path, text)
        if (writes >= Math.floor(atWrite)) throw new Error('crash')
      },
    })
    await expect(crashing.submit(trainingSpec())).rejects.toThrow('crash')
    expect(hub.jobs.all).toHaveLength(jobsThen)
    expect((await run(trainerIn(folder))).snapshot.state).toBe('succeeded')
    expect(hub.jobs.all).toHaveLength(1)
  })

  it.each([
    ['the answer to the start is lost', 'lose-answer' as const],
    ['the request never arrives', 'cut' as const],
  ])('pays for one machine when %s', async (_, does) => {
    const trainer = trainerIn(newFolder())
    hub.addFault({ method: 'POST', path: /^\/api\/jobs\/tester$/, does })
    if (does === 'cut') {
      const error = await failure(trainer.submit(trainingSpec()))
      expect(error).toMatchObject({ code: 'provider-response', retryable: true, details: { started: 'unknown' } })
      expect((await trainer.get(r01)).state).toBe('lost')
    }
    expect((await run(trainer)).snapshot.state).toBe('succeeded')
    expect(hub.jobs.all).toHaveLength(1)
  })

  it('leaves the job to one machine when a request arrives after it was given up', async () => {
    const folder = newFolder()
    let release = (): void => {}
    const released = new Promise<void>((resolve) => (release = resolve))
    let arrived = false
    const until = (): Promise<void> => {
      arrived = true
      return released
    }
    hub.addFault({ method: 'POST', path: /^\/api\/jobs\/tester$/, does: { until } })
    let writes = 0
    const gone = trainerIn(folder, {
      writeFile: (path, text) => {
        if (++writes > 2) throw new Error('ended before the answer came')
        writeFileAtomically(path, text)
      },
    })
    const late = gone.submit(trainingSpec()).catch(() => {})
    while (!arrived) await wait(5)
    const trainer = trainerIn(folder)
    current.msPerStep = 30
    await trainer.submit(trainingSpec())
    for await (const _ of trainer.metrics!(r01)) break
    release()
    await late
    expect((await ended(trainer)).state).toBe('succeeded')
    expect(hub.jobs.all).toHaveLength(2)
    while (hub.jobs.all.some(({ stage }) => stage === 'RUNNING')) await wait(10)
    expect(hub.jobs.all[1]!.log.map(({ data }) => data)).toContain('sedi: at work elsewhere')
    expect((await Array.fromAsync(trainer.metrics!(r01))).map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6])
  })

  it.each<[Behaviour, object]>([
    ['vanish', { state: 'lost', stepsDone: 4, error: expect.stringMatching(/COMPLETED, but nothing was pushed/) }],
    ['crash', { state: 'lost', stepsDone: 4, error: expect.stringMatching(/without a last push.*exit code: 1[\s\S]*Traceback: something with \[removed\]/) }],
    ['out-of-memory', { state: 'failed', stepsDone: 4, errorCode: 'out-of-memory', error: 'CUDA out of memory (out-of-memory)' }],
  ])('a machine that ends with “%s” is told, and the next one goes on', async (behaviour, expected) => {
    const trainer = trainerIn(newFolder())
    current.behaviour = behaviour
    const first = await run(trainer)
    expect(first.snapshot).toMatchObject(expected)
    current.behaviour = 'good'
    const second = await run(trainer)
    expect(second.snapshot).toMatchObject({ state: 'succeeded', stepsDone: 6 })
    expect(second.metrics.slice(0, 4)).toEqual(first.metrics)
    expect(hub.jobs.all).toHaveLength(2)
  })

  it.each<[Behaviour, object]>([
    ['nan', { state: 'failed', stepsDone: 2, errorCode: 'nan-loss' }],
    ['gap', { state: 'failed', stepsDone: 2, errorCode: 'metrics', error: expect.stringMatching(/lacks steps 3/) }],
    ['other-weights', { state: 'failed', errorCode: 'digest', error: expect.stringMatching(/model\/weights\.safetensors has another SHA-256/) }],
    ['duplicate', { state: 'succeeded', stepsDone: 6 }],
  ])('does not believe a machine that pushes “%s”', async (behaviour, expected) => {
    current.behaviour = behaviour
    expect((await run(trainerIn(newFolder()))).snapshot).toMatchObject(expected)
  })

  it('begins anew after what was pushed turned out to be damaged', async () => {
    current.behaviour = 'other-weights'
    const trainer = trainerIn(newFolder())
    await run(trainer)
    current.behaviour = 'good'
    expect((await run(trainer)).snapshot).toMatchObject({ state: 'succeeded', stepsDone: 6 })
  })

  it('tells a machine that is gone, removed, out of time, or in a state it does not know', async () => {
    const trainer = trainerIn(newFolder())
    current.behaviour = 'hang'
    await trainer.submit(trainingSpec())
    const seen: number[] = []
    for await (const { step } of trainer.metrics!(r01)) if (seen.push(step) === 4) break
    const job = hub.jobs.all[0]!
    job.stage = 'UPDATING'
    await wait(30)
    expect(await trainer.get(r01)).toMatchObject({ state: 'running', warnings: [expect.stringMatching(/“UPDATING”/)] })
    job.stage = 'RUNNING'
    hub.jobs.kill(job.id, 'Job timeout')
    expect(await ended(trainer)).toMatchObject({ state: 'failed', errorCode: 'timeout', stepsDone: 4, error: expect.stringMatching(/timeoutMinutes/) })
    await trainer.submit(trainingSpec())
    hub.jobs.remove(hub.jobs.all[1]!.id)
    expect(await ended(trainer)).toMatchObject({ state: 'lost', error: expect.stringMatching(/does not know job/) })
    current.behaviour = 'good'
    expect((await run(trainer)).snapshot).toMatchObject({ state: 'succeeded', stepsDone: 6 })
  })

  it('gives up a job that does not begin, and sees to it that it never does', async () => {
    hub.jobs.hold(true)
    const trainer = trainerIn(newFolder(), { startMs: 150 })
    const { snapshot } = await run(trainer)
    expect(snapshot).toMatchObject({ state: 'failed', errorCode: 'never-started', error: expect.stringMatching(/startMinutes/) })
    hub.jobs.hold(false)
    expect(hub.jobs.all.map(({ stage }) => stage)).toEqual(['CANCELED'])
    expect(await trainer.get(r01)).toEqual(snapshot)
    expect((await run(trainer)).snapshot.state).toBe('succeeded')
  })

  it('takes a busy hub as busy: reads, writes and conflicts are tried again', async () => {
    const answer = (status: number) => ({ answer: { status, body: { error: 'not now' } } })
    hub.addFault({ method: 'POST', path: /\/paths-info\//, does: answer(503), times: 2 })
    hub.addFault({ method: 'POST', path: /\/commit\//, does: answer(412) })
    hub.addFault({ method: 'GET', path: /^\/api\/jobs\/tester\//, does: answer(429) })
    hub.addFault({ method: 'GET', path: /^\/api\/jobs\/tester\//, does: 'cut' })
    hub.addFault({ method: 'GET', path: /\/resolve\/.*manifest\.json$/, does: answer(502) })
    expect((await run(trainerIn(newFolder()))).snapshot.state).toBe('succeeded')
    expect(hub.jobs.all).toHaveLength(1)
  })

  it.each([
    [401, 'invalid-credential', /HF_TOKEN/],
    [402, 'quota-exhausted', /add credit for trainer\.namespace/],
    [403, 'invalid-credential', /allowed to write trainer\.repository and to start jobs/],
    [400, 'invalid-input', /400/],
  ])('says what a refusal with %i means, once', async (status, code, message) => {
    const trainer = trainerIn(newFolder())
    hub.addFault({ method: 'POST', path: /^\/api\/jobs\/tester$/, does: { answer: { status, body: { error: `no, and not with ${token}` } } }, times: 9 })
    const error = await failure(trainer.submit(trainingSpec()))
    expect(error).toMatchObject({ code, retryable: false, message: expect.stringMatching(message) })
    expect(`${error.message} ${JSON.stringify(error.details)} ${String(error.cause)}`).not.toContain(token)
    expect(hub.book.filter(({ method, path }) => method === 'POST' && path === '/api/jobs/tester')).toHaveLength(1)
    hub.clearFaults()
    expect((await run(trainer)).snapshot.state).toBe('succeeded')
  })

  it('refuses a key the hub does not know, a flavor it does not have, and a public repository', async () => {
    expect(await failure(trainerIn(newFolder(), { token: 'hf_somebody-elses' }).submit(trainingSpec()))).toMatchObject({ code: 'invalid-credential' })
    const unknown = { flavor: 'b9000', image: 'i', timeoutMinutes: 1, install: 'image', processes: 1, pushSeconds: 1 } as const
    expect(await failure(trainerIn(newFolder(), { machine: unknown }).submit(trainingSpec()))).toMatchObject({ message: expect.stringMatching(/b9000/) })
    hub.makeRepository('tester/open', { private: false })
    const open = trainerIn(newFolder(), { repository: 'tester/open' })
    expect(await failure(open.submit(trainingSpec()))).toMatchObject({ code: 'invalid-config', message: expect.stringMatching(/tester\/open is public/) })
    expect(hub.jobs.all).toEqual([])
  })

  it('refuses to continue from another repository before a machine is rented', async () => {
    const elsewhere = { trainer: 'huggingface-jobs', uri: 'hf://tester/other/jobs/r01-x/model' }
    expect(trainerIn(newFolder()).validate(trainingSpec({ continueFrom: elsewhere }))).toEqual([
      { path: 'continueFrom.uri', message: expect.stringMatching(/hf:\/\/tester\/poems\/.*got hf:\/\/tester\/other/) },
    ])
  })

  it('keeps two runs of one configuration apart', async () => {
    const [one, two] = [trainerIn(newFolder()), trainerIn(newFolder())]
    const [first, second] = [await run(one), await run(two)]
    expect(second.snapshot.model!.uri).not.toBe(first.snapshot.model!.uri)
    expect(second.snapshot.model!.digest).toBe(first.snapshot.model!.digest)
  })
})

describe('the back end', () => {
  const options = backend.options.parse({ baseModel: 'tester/base', repository, flavor: 'a10g-small', timeoutMinutes: 90 })

  it('says before a run what is billed, to whom, and what no budget stops', () => {
    expect(backend.notes!(options).join(' ')).toMatch(/a10g-small.*billed to tester by the minute.*90 min.*budget\.maxCostUsd does not cover this/)
  })

  it('has no usual machine and no usual limit, and does nothing without a key', async () => {
    expect(() => backend.options.parse({ baseModel: 'm', repository })).toThrow(/flavor[\s\S]*timeoutMinutes/)
    expect(await failure(backend.createTrainer(options, { folder: root }))).toMatchObject({
      code: 'missing-credential',
      message: expect.stringMatching(/HF_TOKEN/),
    })
  })
})

describeTrainerContract({
  name: 'huggingface-jobs',
  capabilities: backend.capabilities,
  async create() {
    Object.assign(current, { behaviour: 'good', msPerStep: 8 })
    const folder = newFolder()
    return { open: async () => trainerIn(folder) }
  },
  longJobSteps: 100,
})
