import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type JobSnapshot, SediError, type Trainer, type TrainingMetric } from '@sedi/spec'
import { type FakeFineTuning, type FakeFineTuningOptions, startFakeFineTuning, type TuningScenario } from '@sedi/testing'
import { trainingSpec } from '@sedi/testing/contracts'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { type Changes, key, trainerAt } from './fixtures/trainer-at.ts'

const root = mkdtempSync(join(tmpdir(), 'sedi-openai-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const opened: (Trainer | FakeFineTuning)[] = []
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close?.()
})

let folders = 0
const ref = { trainer: 'openai', id: 'r01' }

type Setting = {
  readonly service: FakeFineTuning
  readonly trainer: Trainer
  readonly folder: string
  readonly reopen: (changes?: Changes) => Promise<Trainer>
}

async function setting(scenario: TuningScenario, options: FakeFineTuningOptions = {}, changes: Changes = {}): Promise<Setting> {
  const service = await startFakeFineTuning({ apiKey: key, scenario: [scenario], lateMs: 60, ...options })
  const folder = join(root, `run${folders++}`)
  const reopen = async (more: Changes = {}): Promise<Trainer> => {
    const trainer = await trainerAt(service.url, folder, { ...changes, ...more })
    opened.unshift(trainer)
    return trainer
  }
  opened.push(service)
  return { service, folder, reopen, trainer: await reopen() }
}

async function run(trainer: Trainer, spec = trainingSpec()): Promise<{ metrics: TrainingMetric[]; snapshot: JobSnapshot }> {
  const job = await trainer.submit(spec)
  const metrics = await Array.fromAsync(trainer.metrics!(job))
  return { metrics, snapshot: await trainer.get(job) }
}

const stepsOf = (metrics: readonly TrainingMetric[]): number[] => metrics.map(({ step }) => step)
const said = ({ warnings = [] }: JobSnapshot): string => warnings.join('\n')
const failure = async (work: Promise<unknown>): Promise<SediError> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!SediError.is(error)) throw new Error(`Expected a SediError, got ${String(error)}`)
  return error
}
const until = async (trainer: Trainer, accept: (snapshot: JobSnapshot) => boolean): Promise<JobSnapshot> => {
  for (;;) {
    const snapshot = await trainer.get(ref)
    if (accept(snapshot)) return snapshot
    await wait(5)
  }
}

describe('what is sent', () => {
  it('our rows in composed order, one epoch, our batch size; the next round goes on from the model', async () => {
    const { service, trainer } = await setting('normal', {}, { learningRateMultiplier: 0.5, pricePerMTokUsd: 10 })
    const spec = trainingSpec({ randomSeed: -5 })
    const { snapshot, metrics } = await run(trainer, spec)
    const [job] = service.jobs()
    const examples = new Map(spec.examples.map((example) => [example.id, example]))
    const rows = service.file(job!.trainingFile)!.trim().split('\n')
    expect(rows.map((row) => JSON.parse(row))).toEqual(
      spec.batches.flat().map((id) => ({
        messages: [
          { role: 'user', content: examples.get(id)!.prompt },
          { role: 'assistant', content: examples.get(id)!.completion },
        ],
      })),
    )
    expect(job).toMatchObject({ model: 'base-1', hyperparameters: { n_epochs: 1, batch_size: 4, learning_rate_multiplier: 0.5 }, seed: 2 ** 31 - 5 })
    expect(job!.suffix).toMatch(/^sedi-r01-[0-9a-f]{8}-[0-9a-f]+-1$/)
    expect(metrics.map(({ exampleIds, gradNorm }) => [exampleIds, gradNorm])).toEqual(metrics.map(() => [[], undefined]))
    expect(metrics.map(({ loss }) => loss)).toEqual(job!.results.map(({ loss }) => loss))
    const tokens = service.book().trainedTokens
    expect(snapshot.warnings).toEqual([`the service trained ${tokens} tokens for ${job!.id}: about $${(tokens / 1e5).toFixed(4)}, outside budget.maxCostUsd`])

    const next = trainingSpec({ jobName: 'r02', firstStep: 7, continueFrom: snapshot.model })
    expect(stepsOf((await run(trainer, next)).metrics)).toEqual([7, 8, 9, 10, 11, 12])
    expect(service.jobs()[1]!.model).toBe(snapshot.model!.uri)
    expect(service.book()).toMatchObject({ jobs: 2, files: 2 })
  })

  it('says what it cannot keep: epochs of uneven batches, examples longer than the limit', async () => {
    const { trainer } = await setting('normal')
    const short = trainingSpec({ batches: [['e0', 'e1', 'e2', 'e3'], ['e4'], ['e5', 'e6', 'e7', 'e0'], ['e1', 'e2', 'e3', 'e4']], maxLengthTokens: 8 })
    const examples = short.examples.map((example, i) => (i === 0 ? { ...example, completion: 'sun '.repeat(20) } : example))
    const { snapshot, metrics } = await run(trainer, { ...short, examples })
    expect(said(snapshot)).toMatch(/makes 4 steps of 13 rows, not our 4 batches|longer than training.maxLength = 8 tokens/)
    expect(said(snapshot)).toMatch(/1 of 8 examples are longer than training.maxLength = 8 tokens/)
    expect(stepsOf(metrics)).toEqual([1, 2, 3, 4])
    const uneven = trainingSpec({ jobName: 'r02', batches: [['e0', 'e1', 'e2', 'e3'], ['e4'], ['e5'], ['e6'], ['e7', 'e0', 'e1', 'e2']] })
    const after = await run(trainer, uneven)
    expect(stepsOf(after.metrics)).toEqual([1, 2, 3])
    expect(said(after.snapshot)).toMatch(/makes 3 steps of 11 rows, not our 5 batches/)
  })

  it('the older place of hyperparameters, for services that know no other', async () => {
    const { service, trainer } = await setting('normal', {}, { hyperparametersAt: 'top-level' })
    await run(trainer)
    expect(service.jobs()[0]!.hyperparameters).toMatchObject({ n_epochs: 1, batch_size: 4 })
  })

  it('a mask is refused before anything is sent', async () => {
    const { service, trainer } = await setting('normal')
    const masked = trainingSpec({ mask: { rule: 'trim', share: 0.1, warmSteps: 0 } })
    expect(trainer.validate(masked).map(({ path }) => path)).toEqual(['mask'])
    expect((await failure(trainer.submit(masked))).code).toBe('invalid-input')
    expect(service.book()).toMatchObject({ jobs: 0, files: 0 })
  })
})

describe('what the service tells', () => {
  const all = [1, 2, 3, 4, 5, 6]
  const table: [TuningScenario, number[], RegExp | undefined][] = [
    ['no-events', all, undefined],
    ['base64-results', all, undefined],
    ['late-results', all, undefined],
    ['no-results', all, undefined],
    ['foreign-results', all, /result file file-\d+ has no columns “step” and “train_loss”/],
    ['events-gap', all, undefined],
    ['metrics-gap', [1, 2, 4, 5, 6], /step 3 was not told/],
    ['duplicate-steps', all, /step 3 was told more than once; the first figure stays/],
    ['overlapping-pages', all, undefined],
    ['endless-pages', all, undefined],
    ['more-steps', all, /steps 7, 8 were told that none of our batches has/],
    ['new-status', all, undefined],
  ]
  it.each(table)('%s: nothing is invented', async (scenario, steps, warning) => {
    const { service, trainer, reopen } = await setting(scenario)
    const { metrics, snapshot } = await run(trainer)
    expect(stepsOf(metrics)).toEqual(steps)
    expect(snapshot).toMatchObject({ state: 'succeeded', stepsDone: steps.length, model: { uri: service.jobs()[0]!.fineTunedModel } })
    const told = service.jobs()[0]!.results
    for (const { step, loss } of metrics) expect(loss).toBe(told.find((one) => one.step === step)!.loss)
    // Beside what it was billed.
    const beside = snapshot.warnings!.filter((text) => !text.startsWith('the service trained'))
    if (warning === undefined) expect(beside).toEqual([])
    else expect(beside).toEqual([expect.stringMatching(warning)])
    // Ended is ended: what was told is not asked for again.
    const before = service.requests('retrieve-job')
    const again = await reopen()
    expect(await again.get(ref)).toEqual(snapshot)
    expect(await Array.fromAsync(again.metrics!(ref))).toEqual(metrics)
    expect(service.requests('retrieve-job')).toBe(before)
  })

  it('steps come while it runs, and never a later one before an earlier', async () => {
    const { trainer } = await setting('events-gap', { msPerStep: 25 })
    const job = await trainer.submit(trainingSpec({}, 30))
    const seen: string[] = []
    for await (const { step } of trainer.metrics!(job)) seen.push(`${step} ${(await trainer.get(job)).state}`)
    expect(seen).toEqual(Array.from({ length: 30 }, (_, i) => `${i + 1} ${i < 2 ? 'running' : 'succeeded'}`))
  })

  it('a status it does not know is said once and taken as running', async () => {
    const notices: string[] = []
    const { trainer } = await setting('new-status', {}, { onNotice: (message) => notices.push(message) })
    await trainer.submit(trainingSpec())
    const warming = await until(trainer, ({ state }) => state === 'running')
    expect(said(warming)).toMatch(/says “warming_up” of the job ftjob-\d+, which this version does not know; taken as running/)
    await until(trainer, ({ state }) => state === 'succeeded')
    expect(notices).toEqual([expect.stringMatching(/warming_up/)])
  })

  it('a paused job is said and waited for', async () => {
    const notices: string[] = []
    const { service, trainer } = await setting('paused', {}, { onNotice: (message) => notices.push(message) })
    const training = run(trainer)
    const paused = await until(trainer, (snapshot) => said(snapshot).includes('paused'))
    expect(paused).toMatchObject({ state: 'running', stepsDone: 2 })
    await wait(50)
    service.resumeAll()
    expect((await training).snapshot.state).toBe('succeeded')
    expect(notices).toEqual([expect.stringMatching(/^the job ftjob-\d+ is paused there; it goes on when it is resumed there/)])
  })
})

describe('how a job ends badly', () => {
  const table: [TuningScenario, Partial<JobSnapshot>, RegExp][] = [
    [
      'invalid-file',
      { state: 'failed', errorCode: 'invalid_training_file', stepsDone: 0 },
      /blocked by moderation \[training_file\] \(invalid_training_file\)$/,
    ],
    ['fails', { state: 'failed', errorCode: 'server_error', stepsDone: 2 }, /^The job failed due to an internal error \(server_error\)$/],
    ['nan-loss', { state: 'failed', errorCode: 'nan-loss', stepsDone: 2 }, /^step 3 has a loss that is not a number \(nan-loss\)/],
    ['vanishes', { state: 'lost', stepsDone: 2 }, /does not know the job ftjob-\d+ any more \(404\)/],
    ['cancelled-there', { state: 'cancelled', stepsDone: 2 }, /^$/],
    ['no-model', { state: 'failed', errorCode: 'no-model', stepsDone: 6 }, /names no fine-tuned model/],
  ]
  it.each(table)('%s; told once, it is bought again when it is submitted again', async (scenario, expected, error) => {
    const { service, trainer, reopen } = await setting(scenario)
    const { snapshot, metrics } = await run(trainer)
    expect(snapshot).toMatchObject(expected)
    expect(snapshot.error ?? '').toMatch(error)
    expect(stepsOf(metrics)).toEqual([1, 2, 3, 4, 5, 6].slice(0, expected.stepsDone))
    expect(service.book().jobs).toBe(1)
    const again = await reopen()
    expect(await again.get(ref)).toEqual(snapshot)
    const retried = await run(again)
    expect(retried.snapshot.state).toBe('succeeded')
    expect(stepsOf(retried.metrics)).toEqual([1, 2, 3, 4, 5, 6])
    expect(service.book().jobs).toBe(2)
    expect(new Set(service.jobs().map(({ suffix }) => suffix)).size).toBe(2)
  })

  it('a failure nobody was told of is told before anything is bought again', async () => {
    const { service, trainer, reopen } = await setting('fails')
    await trainer.submit(trainingSpec())
    await trainer.close!()
    while (service.jobs()[0]!.status !== 'failed') await wait(3)
    const again = await reopen()
    await again.submit(trainingSpec())
    expect((await again.get(ref)).state).toBe('failed')
    expect(service.book().jobs).toBe(1)
  })

  it('a loss that is no number while it runs: the job is stopped, it would only cost', async () => {
    const { service, trainer } = await setting('nan-loss', { msPerStep: 25 })
    const { snapshot } = await run(trainer, trainingSpec({}, 60))
    expect(snapshot).toMatchObject({ state: 'failed', errorCode: 'nan-loss' })
    expect(service.jobs()[0]).toMatchObject({ status: 'cancelled' })
  })

  it('a file the service finds too small is its to refuse, in its words', async () => {
    const { trainer } = await setting('normal', { minExamples: 100 })
    expect((await run(trainer)).snapshot).toMatchObject({ state: 'failed', error: expect.stringMatching(/Expected at least 100 examples, got 23/) })
  })
})

describe('a job that never starts', () => {
  const patience = { startMs: 60 }

  it('waits without a limit; with one it is cancelled there and has failed', async () => {
    const patient = await setting('stuck-in-queue')
    await patient.trainer.submit(trainingSpec())
    await wait(150)
    expect((await patient.trainer.get(ref)).state).toBe('queued')
    const { service, trainer, reopen } = await setting('stuck-in-queue', {}, { patience })
    expect((await run(trainer)).snapshot).toMatchObject({
      state: 'failed',
      errorCode: 'never-started',
      error: expect.stringMatching(/^it has not begun .* min after it was created \(never-started\); it was cancelled$/),
    })
    expect(service.jobs()[0]!.status).toBe('cancelled')
    // A job that does begin may be slower to begin than so short a limit.
    expect((await run(await reopen({ patience: {} }))).snapshot.state).toBe('succeeded')
    expect(service.book()).toMatchObject({ jobs: 2, jobsTrained: 1 })
  })

  it('one that begins when it is to be cancelled is followed', async () => {
    const { service, trainer } = await setting('starts-when-cancelled', {}, { patience })
    expect((await run(trainer)).snapshot.state).toBe('succeeded')
    expect(service.book().jobs).toBe(1)
  })

  it('one that cannot be cancelled is named, and waited for again instead of being bought twice', async () => {
    const { service, trainer, reopen } = await setting('stuck-uncancellable', {}, { patience })
    const { snapshot } = await run(trainer)
    expect(snapshot).toMatchObject({ errorCode: 'never-started', error: expect.stringMatching(/could not be cancelled: look for ftjob-\d+ at 127/) })
    const again = await reopen({ patience: {} })
    await again.submit(trainingSpec())
    expect((await again.get(ref)).state).toBe('queued')
    expect(service.book().jobs).toBe(1)
  })
})

describe('cancelling', () => {
  it('a job that has just succeeded is not lost', async () => {
    const { service, trainer } = await setting('wins-the-race', { msPerStep: 30 })
    await trainer.submit(trainingSpec())
    await until(trainer, ({ stepsDone }) => stepsDone > 0)
    await trainer.cancel!(ref)
    expect(await until(trainer, ({ state }) => state !== 'running')).toMatchObject({ state: 'succeeded', model: { uri: service.jobs()[0]!.fineTunedModel } })
    await trainer.submit(trainingSpec())
    expect(service.book().jobs).toBe(1)
  })

  it('goes on through a service that stumbles, and fails where it refuses', async () => {
    const { service, trainer } = await setting('stuck-in-queue')
    await trainer.submit(trainingSpec())
    service.fail('cancel-job', '400')
    expect((await failure(trainer.cancel!(ref))).message).toMatch(/could not cancel job ftjob-\d+: .* answered 400 invalid_value/)
    service.fail('cancel-job', '429', '502-html', 'reset-before')
    await trainer.cancel!(ref)
    expect((await until(trainer, ({ state }) => state !== 'queued')).state).toBe('cancelled')
  })
})

describe('a service in trouble', () => {
  it('what passes is waited out, wherever it happens; one job is bought', async () => {
    const { service, trainer } = await setting('normal')
    service.fail('upload-file', '429-wait', '500', 'reset-before', 'cut-short')
    service.fail('create-job', '429', '502-html', 'reset-before')
    service.fail('retrieve-job', '500', 'error-200', 'html-200', 'cut-short')
    service.fail('list-events', '429', 'reset-after', 'cut-short')
    service.fail('file-content', '502-html', 'reset-before')
    const { snapshot, metrics } = await run(trainer)
    expect(snapshot.state).toBe('succeeded')
    expect(stepsOf(metrics)).toEqual([1, 2, 3, 4, 5, 6])
    expect(service.book().jobs).toBe(1)
  })

  it.each(['reset-after', '500-after', 'cut-short', 'error-200'] as const)(
    'a job whose creation was answered with %s is found, not bought again',
    async (fault) => {
      for (const options of [{}, { listLagMs: 60 }, { keepsNames: false }]) {
        const { service, trainer } = await setting('normal', options)
        service.fail('create-job', fault)
        service.fail('list-jobs', '500', 'cut-short')
        expect((await run(trainer)).snapshot.state).toBe('succeeded')
        expect(service.book()).toMatchObject({ jobs: 1, files: 1 })
      }
    },
  )

  it('where a lost answer cannot be looked up, nothing is bought', async () => {
    const { service, trainer, reopen } = await setting('normal')
    service.fail('create-job', 'reset-after')
    service.fail('list-jobs', '404', '404')
    const error = await failure(trainer.submit(trainingSpec()))
    expect(error.message).toMatch(/it is not known whether the job “sedi-r01-.*” was created, and 127\.0\.0\.1:\d+ does not list its jobs/)
    const again = await reopen()
    expect((await failure(again.submit(trainingSpec()))).message).toMatch(/it is not known/)
    await again.submit(trainingSpec())
    expect(service.book().jobs).toBe(1)
  })

  it('a service without events tells its steps at the end', async () => {
    const { service, trainer } = await setting('normal')
    service.fail('list-events', ...Array.from({ length: 1000 }, () => '404' as const))
    expect(stepsOf((await run(trainer)).metrics)).toEqual([1, 2, 3, 4, 5, 6])
  })

  it('trouble that lasts is passed on, and the job found again afterwards', async () => {
    const { service, trainer } = await setting('normal')
    await trainer.submit(trainingSpec())
    service.fail('retrieve-job', '500', '500', '500', '500', '500')
    expect(await failure(trainer.get(ref))).toMatchObject({ code: 'provider-response', retryable: true })
    expect((await until(trainer, ({ state }) => state === 'succeeded')).stepsDone).toBe(6)
  })

  const refusals = [
    ['closed', 'unsupported', /Fine-tuning is not available for this organization.*\nThis service takes no fine-tuning jobs from this account/],
    ['401', 'invalid-credential', /Check the key in OPENAI_API_KEY/],
    ['no-quota', 'quota-exhausted', /exceeded your current quota.*\nAdd credit/],
    ['404', 'unsupported', /has no fine-tuning, or does not know the model/],
    ['400', 'invalid-input', /answered 400 invalid_value/],
  ] as const
  it.each(refusals)('refused with %s: a clear error, no second attempt, and a fresh start later', async (fault, code, message) => {
    const { service, trainer } = await setting('normal')
    service.fail('create-job', fault)
    const error = await failure(trainer.submit(trainingSpec()))
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) })
    expect(service.requests('create-job')).toBe(1)
    expect((await trainer.get(ref)).state).toBe('lost')
    expect((await run(trainer)).snapshot.state).toBe('succeeded')
    expect(service.book()).toMatchObject({ jobs: 1, files: 1 })
  })

  it('a base model the service does not have', async () => {
    const { trainer } = await setting('normal', {}, { baseModel: 'base-2' })
    expect(await failure(trainer.submit(trainingSpec()))).toMatchObject({ code: 'not-found', message: expect.stringMatching(/model_not_found.*`base-2`/) })
  })
})

describe('the model', () => {
  const ask = { messages: [{ role: 'user' as const, content: 'Say sun twice.' }], maxOutputTokens: 12, temperature: 0 }

  it('is waited for where it cannot be served at once, asked within limits, and answers what it was trained on', async () => {
    const { service, trainer } = await setting('late-model')
    const { snapshot } = await run(trainer)
    const { generator } = await trainer.open!(snapshot.model)
    service.fail('chat', '429-wait', '500')
    expect(await generator.generate(ask)).toMatchObject({ text: 'sun sun', finishReason: 'stop', usage: { outputTokens: 2 } })
    const base = await trainer.open!(undefined)
    expect((await base.generator.generate(ask)).text).toBe('I do not know.')
    service.fail('chat', '404')
    expect((await failure(base.generator.generate(ask))).code).toBe('not-found')
    const many = await Promise.all(Array.from({ length: 20 }, () => generator.generate(ask)))
    expect(new Set(many.map(({ text }) => text))).toEqual(new Set(['sun sun']))
  })
})

describe('the key', () => {
  it('is in no file and no error', async () => {
    const { service, trainer, folder } = await setting('normal')
    await run(trainer)
    const files = readdirSync(folder, { recursive: true }).map((name) => join(folder, String(name)))
    const texts = files.filter((path) => statSync(path).isFile()).map((path) => readFileSync(path, 'utf8'))
    expect(texts.length).toBeGreaterThan(1)
    for (const text of texts) expect(text).not.toContain(key)
    const wrong = 'sk-wrong-abcdefgh12345678'
    const stranger = await trainerAt(service.url.replace('127.0.0.1', 'localhost'), join(root, 'stranger'), {
      api: await (await import('./fine-tuning-api.ts')).connectFineTuning({ baseUrl: service.url, apiKey: wrong, organization: undefined, timeoutMs: 5000 }),
    })
    const error = await failure(stranger.submit(trainingSpec()))
    expect(error.code).toBe('invalid-credential')
    expect(`${error.message} ${JSON.stringify(error)} ${error.stack} ${String(error.cause)}`).not.toContain(wrong)
  })
})
