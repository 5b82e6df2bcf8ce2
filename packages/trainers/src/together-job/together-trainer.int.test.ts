import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type JobSnapshot, SediError, type Trainer, type TrainingMetric } from '@sedi/spec'
import { type FakeTogether, type FakeTogetherOptions, startFakeTogether, type TogetherEndpoint, type TogetherFault, type TogetherScenario } from '@sedi/testing'
import { describeTrainerContract, trainingSpec } from '@sedi/testing/contracts'
import { afterAll, describe, expect, it } from 'vitest'
import backend from '../backends/together.ts'
import { writeFileAtomically } from '../storage.ts'
import { connectTogether } from './service.ts'
import { createTogetherTrainer, type TogetherTrainerSettings, togetherCapabilities } from './together-trainer.ts'

const root = mkdtempSync(join(tmpdir(), 'sedi-together-'))
const apiKey = 'tgp_v1_test-key-0123456789'
const servers: FakeTogether[] = []
let folders = 0
const newFolder = (): string => join(root, `run${folders++}`)

afterAll(async () => {
  await Promise.all(servers.map((server) => server.close()))
  rmSync(root, { recursive: true, force: true, maxRetries: 5 })
})

async function start(options: FakeTogetherOptions = {}): Promise<FakeTogether> {
  const server = await startFakeTogether({ apiKey, ...options })
  servers.push(server)
  return server
}

const model = { baseModel: 'base/model-1', method: 'lora', lora: { rank: 8, alpha: 16, dropout: 0, targetModules: 'all-linear' } } as const

async function trainerAt(
  url: string,
  folder: string,
  changes: Partial<TogetherTrainerSettings> & { readonly timeoutMs?: number; readonly key?: string } = {},
): Promise<Trainer> {
  const { timeoutMs = 10_000, key = apiKey, ...rest } = changes
  const service = await connectTogether({ apiKey: key, baseUrl: url, timeoutMs })
  return createTogetherTrainer({ folder, service, model, serves: false, pollMs: 5, settleMs: 50, pausesMs: [5, 5, 5], ...rest })
}

const job = { trainer: 'together', id: 'r01' }
/** A request that is never answered costs its test so long; one that is answered, among many others on a loaded machine, must be done by then. */
const hangsMs = 5000

async function finish(trainer: Trainer): Promise<{ metrics: TrainingMetric[]; snapshot: JobSnapshot }> {
  const metrics = await Array.fromAsync(trainer.metrics!(job))
  for (;;) {
    const snapshot = await trainer.get(job)
    if (snapshot.state !== 'queued' && snapshot.state !== 'running') return { metrics, snapshot }
    await wait(5)
  }
}

async function run(scenario: TogetherScenario, changes: Partial<TogetherTrainerSettings> = {}, options: FakeTogetherOptions = {}) {
  const server = await start({ scenario: [scenario], ...options })
  const folder = newFolder()
  const trainer = await trainerAt(server.url, folder, changes)
  await trainer.submit(trainingSpec())
  return { server, folder, trainer, ...(await finish(trainer)) }
}

const stepsIn = (metrics: readonly TrainingMetric[]): number[] => metrics.map(({ step }) => step)

async function failure(made: Promise<unknown>): Promise<SediError> {
  const error = await made.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!SediError.is(error)) throw new Error(`expected a SediError, got ${String(error)}`)
  return error
}

describeTrainerContract({
  name: 'together, serverless',
  capabilities: togetherCapabilities(true),
  async create() {
    const server = await startFakeTogether({ apiKey, msPerStep: 8 })
    const folder = newFolder()
    return { server, open: () => trainerAt(server.url, folder, { serves: true }) }
  },
  destroy: ({ server }) => server.close(),
  skip: { 'scores as the trained model': 'Together tells no probabilities of an answer that is given' },
})

describe.concurrent('what is sent', () => {
  it('our rows in composed order, one epoch in steps of our size at a constant rate, and the hash in its name', async () => {
    const { server, folder } = await run('normal')
    const [sent] = server.jobs()
    const { specHash } = JSON.parse(readFileSync(join(folder, 'r01', 'record.json'), 'utf8'))
    const { suffix, training_file, ...request } = sent!.request
    expect(suffix).toMatch(new RegExp(`^sedi-r01-${specHash.slice(0, 8)}-[0-9a-f]{10}-1$`))
    expect(request).toEqual({
      model: 'base/model-1',
      n_epochs: 1,
      n_checkpoints: 1,
      batch_size: 4,
      gradient_accumulation_steps: 1,
      learning_rate: 0.01,
      lr_scheduler: { lr_scheduler_type: 'linear', lr_scheduler_args: { min_lr_ratio: 1 } },
      warmup_ratio: 0,
      max_grad_norm: 1,
      weight_decay: 0,
      max_seq_length: 128,
      packing: false,
      random_seed: 3,
      training_method: { method: 'sft', train_on_inputs: false },
      training_type: { type: 'Lora', lora_r: 8, lora_alpha: 16, lora_dropout: 0, lora_trainable_modules: 'all-linear' },
    })
    const spec = trainingSpec()
    const byId = new Map(spec.examples.map(({ id, prompt, completion }) => [id, { prompt, completion }]))
    const rows = server.file(training_file)!.trimEnd().split('\n')
    const contents = rows.map((row) => (JSON.parse(row).messages as { content: string }[]).map(({ content }) => content))
    expect(contents).toEqual(spec.batches.flat().map((id) => [byId.get(id)!.prompt, byId.get(id)!.completion]))
  })

  it('a job goes on from the model of the one before, and counts its steps behind it', async () => {
    const { server, trainer, snapshot } = await run('normal')
    await trainer.submit(trainingSpec({ jobName: 'r02', firstStep: 7, continueFrom: snapshot.model }))
    const metrics = await Array.fromAsync(trainer.metrics!({ trainer: 'together', id: 'r02' }))
    expect(stepsIn(metrics)).toEqual([7, 8, 9, 10, 11, 12])
    expect(server.jobs()[1]!.request).toMatchObject({ from_checkpoint: snapshot.model!.uri })
    expect(server.jobs()[1]!.request.model).toBeUndefined()
  })

  it('batches that are shorter than the others become fewer steps there; that is said, and nobody waits for the rest', async () => {
    const server = await start()
    const trainer = await trainerAt(server.url, newFolder(), { settleMs: 600_000 })
    const batches = [3, 3, 3, 3].map((rows, i) => Array.from({ length: rows }, (_, j) => `e${(i + j) % 8}`))
    await trainer.submit(trainingSpec({ batches }))
    const { metrics, snapshot } = await finish(trainer)
    expect(stepsIn(metrics)).toEqual([1, 2, 3])
    expect(snapshot.warnings![0]).toBe('12 rows are 3 steps at Together, and 4 batches were composed')
  })

  it('what the model does not allow is said in one list before anything is uploaded', async () => {
    const server = await start()
    const trainer = await trainerAt(server.url, newFolder(), { model: { ...model, lora: { ...model.lora, rank: 128 } } })
    const error = await failure(trainer.submit(trainingSpec({ maxLengthTokens: 32, optimiser: { ...trainingSpec().optimiser, learningRate: 3 } })))
    expect(error.code).toBe('invalid-config')
    expect(error.issues.map(({ path }) => path)).toEqual(['training.learningRate', 'training.maxLength', 'trainer.lora.rank'])
    expect(server.book()).toMatchObject({ jobs: 0, files: 0 })
  })
})

describe.concurrent('what comes of a job', () => {
  it('every step is told once with the figures of the service, its price with the end', async () => {
    const { metrics, snapshot, server } = await run('normal')
    expect(stepsIn(metrics)).toEqual([1, 2, 3, 4, 5, 6])
    const told = server.jobs()[0]!.figures.map(({ figures }) => [figures['train/loss'], figures['train/grad_norm'], figures['train/learning_rate']])
    expect(metrics.map(({ loss, gradNorm, learningRate }) => [loss, gradNorm, learningRate])).toEqual(told)
    expect(metrics.every(({ exampleIds }) => exampleIds.length === 0)).toBe(true)
    expect(snapshot).toMatchObject({ state: 'succeeded', stepsDone: 6, model: { trainer: 'together', uri: server.jobs()[0]!.modelOutputName } })
    expect(snapshot.warnings).toEqual([
      `Together bills $${(server.book().billedNanoUsd / 1e9).toFixed(4)} for job ft-00000002; budget.maxCostUsd does not count it`,
    ])
  })

  // Scenario, state, steps told, what is said.
  const outcomes: readonly (readonly [TogetherScenario, JobSnapshot['state'], readonly number[], RegExp, string?])[] = [
    ['slow-check', 'succeeded', [1, 2, 3, 4, 5, 6], /Together bills/],
    ['new-status', 'succeeded', [1, 2, 3, 4, 5, 6], /Together bills/],
    ['no-price', 'succeeded', [1, 2, 3, 4, 5, 6], /does not say what job ft-00000002 cost/],
    ['gap', 'succeeded', [1, 2, 4, 5, 6], /told nothing about 1 step: 3$/m],
    ['late-row', 'succeeded', [1, 2, 3, 4, 5, 6], /Together bills/],
    ['duplicates', 'succeeded', [1, 2, 3, 4, 5, 6], /told different figures for 1 step: 3; the first ones stay/],
    ['no-norm', 'succeeded', [1, 2, 3, 4, 5, 6], /no gradient norm for 1 step: 2$/m],
    ['eval-rows', 'succeeded', [1, 2, 3, 4, 5, 6], /told 1 rows? of figures without a step of this job/],
    ['no-model', 'failed', [1, 2, 3, 4, 5, 6], /is completed, but names no model/, 'no-model'],
    ['fails', 'failed', [1, 2], /^CUDA out of memory.* \(job ft-00000002\)/, 'out-of-memory'],
    ['fails-silently', 'failed', [1, 2], /ended as “user_error” and does not say why/, 'job-error'],
    ['nan-loss', 'failed', [1, 2], /the loss of step 3 is not a number; job ft-00000002/, 'nan-loss'],
    ['null-loss', 'failed', [1, 2], /the loss of step 3 is not a number; job ft-00000002/, 'nan-loss'],
    ['vanishes', 'lost', [], /knows no job ft-00000002 any more/],
    ['cancelled-there', 'cancelled', [1, 2], /Together bills/],
  ]
  for (const [scenario, state, steps, said, errorCode] of outcomes) {
    it(`${scenario}: ${state}`, async () => {
      const slowly = scenario === 'late-row' ? { msPerStep: 25 } : {} // So that somebody looks between two steps.
      const { metrics, snapshot, server, folder } = await run(scenario, {}, slowly)
      expect(snapshot.state).toBe(state)
      // How many steps were seen before it vanished is chance.
      if (scenario === 'vanishes') expect(stepsIn(metrics).length).toBeLessThanOrEqual(2)
      else expect(stepsIn(metrics)).toEqual(steps)
      expect([snapshot.error ?? '', ...(snapshot.warnings ?? [])].join('\n')).toMatch(said)
      expect(snapshot.errorCode).toBe(errorCode)
      // Another process comes to the same answer.
      const another = await trainerAt(server.url, folder)
      expect(await another.get(job)).toEqual(snapshot)
      expect(await Array.fromAsync(another.metrics!(job))).toEqual(metrics)
    })
  }

  it('figures that come after the job has ended are waited for; those that do not come in time are counted as missing', async () => {
    const patient = await run('late-figures', { settleMs: 600_000 })
    expect(stepsIn(patient.metrics)).toEqual([1, 2, 3, 4, 5, 6])
    const hasty = await run('late-figures', { settleMs: 0 }, { lateMs: 600_000 })
    expect(stepsIn(hasty.metrics)).toEqual([1, 2, 3, 4, 5])
    expect(hasty.snapshot.warnings![0]).toBe('Together told nothing about 1 step: 6')
  })

  it('what a person should know while it goes on is said once: its number, an unknown status', async () => {
    const notices: string[] = []
    const { snapshot } = await run('new-status', { onNotice: (message) => notices.push(message) })
    expect(snapshot.state).toBe('succeeded')
    expect(notices).toEqual([
      expect.stringMatching(/^Training job ft-00000002 was begun at Together \(sedi-r01-/),
      'Together says “provisioning” of job ft-00000002, which this version does not know; waiting',
    ])
  })

  it('a job that failed unseen is told before another is bought', async () => {
    const server = await start({ scenario: ['fails'] })
    const folder = newFolder()
    await (await trainerAt(server.url, folder)).submit(trainingSpec())
    await until(() => server.jobs()[0]!.status === 'error')
    const restarted = await trainerAt(server.url, folder)
    await restarted.submit(trainingSpec())
    expect((await finish(restarted)).snapshot.state).toBe('failed')
    expect(server.book().jobs).toBe(1)
    await restarted.submit(trainingSpec())
    expect((await finish(restarted)).snapshot.state).toBe('succeeded')
    expect(server.book().jobs).toBe(2)
  })

  it('a loss that is not a number ends the job there too, so that it is not billed on', async () => {
    const server = await start({ scenario: ['nan-loss'], msPerStep: 10 })
    const trainer = await trainerAt(server.url, newFolder())
    await trainer.submit(trainingSpec({}, 60))
    expect((await finish(trainer)).snapshot.errorCode).toBe('nan-loss')
    await until(() => server.jobs()[0]!.status === 'cancelled')
    expect(server.jobs()[0]!.stepsDone).toBeLessThan(60)
  })

  it('a job that never starts is cancelled there and has failed; the next attempt is another job', async () => {
    const { server, folder, snapshot } = await run('never-starts', { startMs: 20 })
    expect(snapshot).toMatchObject({ state: 'failed', errorCode: 'not-started', error: expect.stringMatching(/has not begun .* \(trainer.startMinutes\)/) })
    await until(() => server.jobs()[0]!.status === 'cancelled')
    // A job that does begin may be slower to begin than so short a limit.
    const patient = await trainerAt(server.url, folder)
    await patient.submit(trainingSpec())
    expect((await finish(patient)).snapshot.state).toBe('succeeded')
    expect(server.book()).toMatchObject({ jobs: 2, jobsBilled: 1 })
  })

  it('where it cannot be cancelled, that is said, and no second job is begun beside it', async () => {
    const { server, snapshot, trainer } = await run('uncancellable', { startMs: 20 })
    expect(snapshot.warnings).toEqual([expect.stringMatching(/job ft-00000002 could not be cancelled and may go on/)])
    expect((await failure(trainer.submit(trainingSpec()))).message).toMatch(/could not cancel job ft-00000002/)
    expect(server.book().jobs).toBe(1)
  })

  it('a round is tried again after a failure: a second job, and the figures already told stay', async () => {
    const { server, trainer, metrics } = await run('fails')
    await trainer.submit(trainingSpec())
    const again = await finish(trainer)
    expect(again.snapshot.state).toBe('succeeded')
    expect(stepsIn(again.metrics)).toEqual([1, 2, 3, 4, 5, 6])
    expect(again.metrics.slice(0, 2)).toEqual(metrics)
    expect(again.snapshot.warnings).toContain('figures of an earlier attempt stay, though the model is of job ft-00000003: 2 steps: 1, 2')
    expect(server.book()).toMatchObject({ jobs: 2, jobsBilled: 2, files: 1 })
  })

  it('a file that is refused is said in the service’s words; no job is begun', async () => {
    const server = await start({ scenario: ['invalid-file'] })
    const error = await failure((await trainerAt(server.url, newFolder())).submit(trainingSpec()))
    expect(error).toMatchObject({ code: 'invalid-input', message: expect.stringMatching(/does not accept the training file file-1: Invalid format on line 3/) })
    expect(server.book().jobs).toBe(0)
  })
})

async function until(met: () => boolean): Promise<void> {
  while (!met()) await wait(2)
}

describe.concurrent('money', () => {
  it('the price is asked before the job; above trainer.maxCostUsd nothing is submitted', async () => {
    const server = await start()
    const folder = newFolder()
    const error = await failure((await trainerAt(server.url, folder, { maxCostUsd: 0.00001 })).submit(trainingSpec()))
    expect(error).toMatchObject({ code: 'budget-exhausted', message: expect.stringMatching(/more than trainer.maxCostUsd = \$0.00001/) })
    expect(server.book().jobs).toBe(0)
    const raised = await trainerAt(server.url, folder, { maxCostUsd: 1 })
    await raised.submit(trainingSpec())
    expect((await finish(raised)).snapshot.warnings!.join()).toMatch(/bills \$\d+\.\d{4} for job .* \(estimated: \$/)
    expect(server.book()).toMatchObject({ jobs: 1, files: 1 })
  })

  it('earlier jobs of the run count, failed ones too', async () => {
    const server = await start({ scenario: ['fails'], nanoUsdPerToken: 1e7 })
    const trainer = await trainerAt(server.url, newFolder(), { maxCostUsd: 2 })
    await trainer.submit(trainingSpec())
    await finish(trainer)
    const billed = server.book().billedNanoUsd / 1e9
    expect(billed).toBeGreaterThan(0)
    const error = await failure(trainer.submit(trainingSpec()))
    expect(error.message).toContain(`with $${billed.toFixed(4)} of earlier jobs`)
    expect(server.book().jobs).toBe(1)
  })
})

/** Makes writes until the given one, which fails before or after it is on disk, as a process that is killed there. */
function crashing(at: number, when: 'before' | 'after') {
  let writes = 0
  const state = { crashed: false }
  const writeFile = (path: string, text: string): void => {
    if (state.crashed) throw new Error('a dead process writes nothing')
    writes += 1
    if (writes === at && when === 'before') state.crashed = true
    if (!state.crashed) writeFileAtomically(path, text)
    if (writes === at) state.crashed = true
    if (state.crashed) throw new Error('killed')
  }
  return { writeFile, state, writes: () => writes }
}

describe.concurrent('one job, whatever is killed and when', () => {
  // 1 the intent, 2 the attempt, 3 uploading, 4 the file, 5 the request, 6 the price, 7 creating, 8 the job
  const lastWrite = 8
  for (const when of ['before', 'after'] as const) {
    for (let at = 1; at <= lastWrite; at++) {
      it(`killed ${when} write ${at} of the record`, async () => {
        const server = await start()
        const folder = newFolder()
        const { writeFile, state } = crashing(at, when)
        await (await trainerAt(server.url, folder, { writeFile, maxCostUsd: 1 })).submit(trainingSpec()).catch(() => {})
        expect(state.crashed).toBe(true)
        const restarted = await trainerAt(server.url, folder, { maxCostUsd: 1 })
        expect(await restarted.submit(trainingSpec())).toEqual(job)
        expect((await finish(restarted)).snapshot.state).toBe('succeeded')
        expect(server.book()).toMatchObject({ jobs: 1, jobsBilled: 1, files: 1 })
      })
    }
  }

  it('the record has no other writes', async () => {
    const server = await start()
    const { writeFile, writes } = crashing(1000, 'before')
    await (await trainerAt(server.url, newFolder(), { writeFile, maxCostUsd: 1 })).submit(trainingSpec())
    expect(writes()).toBe(lastWrite)
  })

  it('killed while it looks: the job is followed to the same figures', async () => {
    const server = await start()
    const whole = await run('normal')
    for (const when of ['before', 'after'] as const) {
      for (let at = lastWrite; at <= lastWrite + 3; at++) {
        const folder = newFolder()
        const { writeFile } = crashing(at, when)
        const first = await trainerAt(server.url, folder, { writeFile })
        await first.submit(trainingSpec()).catch(() => {})
        await finish(first).catch(() => {})
        const restarted = await trainerAt(server.url, folder)
        await restarted.submit(trainingSpec())
        const { metrics, snapshot } = await finish(restarted)
        expect(metrics).toEqual(whole.metrics)
        expect(snapshot.state).toBe('succeeded')
      }
    }
    expect(server.book().jobs).toBe(8)
  })

  it('an equal job of another run is not taken for ours', async () => {
    const server = await start()
    const [one, two] = [newFolder(), newFolder()]
    await (await trainerAt(server.url, one)).submit(trainingSpec())
    const { writeFile } = crashing(6, 'after')
    await (await trainerAt(server.url, two, { writeFile })).submit(trainingSpec()).catch(() => {})
    await (await trainerAt(server.url, two)).submit(trainingSpec())
    expect(server.book().jobs).toBe(2)
  })

  for (const fault of ['reset-after', '500-after', 'cut-short', 'never', 'empty-200', 'html-200', '500', '502-html', '503', '429', 'reset-before'] as const) {
    it(`the answer to its creation: ${fault}`, async () => {
      const server = await start({ listLagMs: 8 })
      server.fail('create-job', fault)
      const trainer = await trainerAt(server.url, newFolder(), { timeoutMs: hangsMs })
      await trainer.submit(trainingSpec())
      expect((await finish(trainer)).snapshot.state).toBe('succeeded')
      expect(server.book().jobs).toBe(1)
    })
  }
})

describe.concurrent('a service in trouble', () => {
  it('a file that was tidied up there since is uploaded again', async () => {
    const { server, trainer } = await run('fails')
    server.fail('retrieve-file', '404')
    await trainer.submit(trainingSpec())
    expect((await finish(trainer)).snapshot.state).toBe('succeeded')
    expect(server.book()).toMatchObject({ jobs: 2, files: 2 })
  })

  const troubled: readonly TogetherEndpoint[] = ['upload-file', 'retrieve-file', 'model-limits', 'estimate-price', 'retrieve-job', 'list-metrics']
  for (const endpoint of troubled) {
    it(`${endpoint}: a limit, mistakes, broken connections and foreign pages are outlasted`, async () => {
      const server = await start()
      const faults: readonly TogetherFault[] = ['429', '503', '502-html', 'reset-after', 'cut-short', 'html-200', 'never']
      server.fail(endpoint, ...faults)
      const trainer = await trainerAt(server.url, newFolder(), { maxCostUsd: 1, timeoutMs: hangsMs, pausesMs: [2, 2, 2, 2, 2, 2, 2, 2] })
      await trainer.submit(trainingSpec())
      const { snapshot, metrics } = await finish(trainer)
      expect(snapshot.state).toBe('succeeded')
      expect(metrics).toHaveLength(6)
      expect(server.book().jobs).toBe(1)
    })
  }

  const refusals = [
    ['401', 'invalid-credential', /TOGETHER_API_KEY/],
    ['402', 'quota-exhausted', /Add credit/],
    ['403', 'unsupported', /Fine-tuning is not available/],
    ['400', 'invalid-input', /Invalid request/],
  ] as const
  for (const [fault, code, words] of refusals) {
    it(`a refusal is final and begins nothing: ${fault}`, async () => {
      const server = await start()
      server.fail('create-job', fault)
      const error = await failure((await trainerAt(server.url, newFolder())).submit(trainingSpec()))
      expect(error).toMatchObject({ code, message: expect.stringMatching(words) })
      expect(server.requests('create-job')).toBe(1)
      expect(server.book().jobs).toBe(0)
    })
  }

  it('a wrong key is said without the key', async () => {
    const server = await start()
    const key = 'tgp_v1_wrong-key-9876543210'
    const error = await failure((await trainerAt(server.url, newFolder(), { key })).submit(trainingSpec()))
    expect(error.code).toBe('invalid-credential')
    expect(`${error.message} ${JSON.stringify(error.details)} ${error.stack}`).not.toContain(key)
  })

  it('one that stays away ends the waiting, and is found again', async () => {
    const server = await start({ queueMs: 60 })
    const folder = newFolder()
    const trainer = await trainerAt(server.url, folder)
    await trainer.submit(trainingSpec())
    server.fail('retrieve-job', '503', '503', '503', '503')
    expect(await failure(trainer.get(job))).toMatchObject({ code: 'provider-response', retryable: true })
    expect((await finish(trainer)).snapshot.state).toBe('succeeded')
  })
})

describe.concurrent('the back end', () => {
  it('says what it bills and what it does not keep', () => {
    const options = backend.options.parse({ baseModel: 'base/model-1' })
    expect(backend.notes!(options)).toEqual([
      expect.stringMatching(/budget.maxCostUsd does not cover them, and trainer.maxCostUsd is not set/),
      expect.stringMatching(/makes its own batches/),
    ])
    expect(backend.capabilitiesOf!(options)).toEqual(backend.capabilities)
    expect(backend.capabilitiesOf!(backend.options.parse({ baseModel: 'm', serve: 'serverless' })).serves).toBe(true)
  })

  it('needs a key', async () => {
    const options = backend.options.parse({ baseModel: 'base/model-1' })
    const error = await failure(backend.createTrainer(options, { folder: newFolder(), credentials: {} }))
    expect(error).toMatchObject({ code: 'missing-credential', message: expect.stringContaining('TOGETHER_API_KEY') })
  })
})
