import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type JobSnapshot, SediError, type Trainer, type TrainerCapabilities } from '@sedi/spec'
import { describeTrainerContract, trainingSpec } from '@sedi/testing/contracts'
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import backend from '../backends/command.ts'
import { type CommandTrainerSettings, createCommandTrainer } from './command-trainer.ts'
import { writeProgram } from './fixtures/program.ts'

const root = mkdtempSync(join(tmpdir(), 'sedi-command-'))
const program = writeProgram(root)
afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }))

const everything: TrainerCapabilities = {
  fixedBatches: true,
  perStepLoss: true,
  perStepGradNorm: true,
  perExampleLoss: true,
  perExampleGap: true,
  perExampleError: true,
  masks: false,
  resume: true,
  cancel: true,
  serves: false,
}
const argv = [process.execPath, program, '{folder}']
let folders = 0
const newFolder = (): string => join(root, `run${folders++}`)

function trainerIn(folder: string, job: object = {}, changes: Partial<CommandTrainerSettings> = {}): Trainer {
  return createCommandTrainer({
    folder,
    command: { argv, keys: [] },
    cancelCommand: undefined,
    capabilities: everything,
    job: { msPerStep: 2, ...job },
    commandIsJob: true,
    patience: { silenceMs: 20_000, startMs: undefined, settleMs: 100 },
    ...changes,
  })
}

async function run(trainer: Trainer, spec = trainingSpec()) {
  const ref = await trainer.submit(spec)
  const metrics = trainer.metrics === undefined ? [] : await Array.fromAsync(trainer.metrics(ref))
  return { ref, metrics, snapshot: await ended(trainer) }
}

async function ended(trainer: Trainer): Promise<JobSnapshot> {
  for (;;) {
    const snapshot = await trainer.get({ trainer: 'command', id: 'r01' })
    if (snapshot.state !== 'queued' && snapshot.state !== 'running') return snapshot
    await wait(20)
  }
}

/** As if the step that goes wrong had been done: the program goes on behind it. */
function tellStep3(folder: string): void {
  const path = join(folder, 'r01', 'steps.jsonl')
  const last = JSON.parse(readFileSync(path, 'utf8').trim().split('\n').at(-1)!)
  appendFileSync(path, `${JSON.stringify({ ...last, step: 3, exampleIds: trainingSpec().batches[2] })}\n`)
}

const pidIn = (folder: string): number => JSON.parse(readFileSync(join(folder, 'r01', 'command.json'), 'utf8')).pid

const contractWith = (name: string, capabilities: TrainerCapabilities): void =>
  describeTrainerContract({
    name,
    capabilities,
    async create() {
      const folder = newFolder()
      return { open: async () => trainerIn(folder, { msPerStep: 10 }, { capabilities }) }
    },
    longJobSteps: 400,
  })
contractWith('command, a program that keeps all promises', everything)
contractWith('command, a program that promises nothing', backend.capabilities)

describe('what goes wrong with a program', () => {
  const expectFailure = async (job: object, error: RegExp, changes?: Partial<CommandTrainerSettings>) => {
    const { snapshot, metrics } = await run(trainerIn(newFolder(), job, changes))
    expect(snapshot).toMatchObject({ state: 'failed', error: expect.stringMatching(error), stepsDone: metrics.length })
    return metrics.map(({ step }) => step)
  }

  it('a loss that is not a number fails the job at that step; earlier steps are kept', async () => {
    expect(await expectFailure({ behaviour: 'nan' }, /line 3: step 3 .*not a number \(nan-loss\)/)).toEqual([1, 2])
  })

  it('a promised signal that does not come, or a line that is no JSON, fails the job', async () => {
    expect(await expectFailure({ behaviour: 'lacks-norm' }, /step 3 has no gradNorm, which trainer.capabilities.perStepGradNorm promises/)).toEqual([1, 2])
    expect(await expectFailure({ behaviour: 'not-json' }, /line 3: expected JSON, got "step 3: loss 0.4"/)).toEqual([1, 2])
  })

  it('a step that is never told fails the job that says it has succeeded', async () => {
    expect(await expectFailure({ behaviour: 'gap' }, /says that it has succeeded, but steps.jsonl lacks steps 3$/)).toEqual([1, 2])
  })

  it('a step told twice counts once, by its first line, and a difference is said; one told late takes its place', async () => {
    const twice = await run(trainerIn(newFolder(), { behaviour: 'duplicate' }))
    expect(twice.metrics.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6])
    expect(twice.metrics[2]!.loss).toBe(0.75)
    expect(twice.snapshot).toMatchObject({ state: 'succeeded', warnings: ['step 3 was told twice, with loss 0.75 and 9; the first figures stay'] })
    const late = await run(trainerIn(newFolder(), { behaviour: 'late' }))
    expect(late.metrics.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6])
    expect(late.snapshot.state).toBe('succeeded')
  })

  it('what it says of a full disk is passed on, and the job goes on from its steps when there is room', async () => {
    const folder = newFolder()
    const first = await run(trainerIn(folder, { behaviour: 'disk-full' }))
    expect(first.snapshot).toMatchObject({ state: 'failed', error: expect.stringMatching(/^the disk is full.*make room and resume. \(disk-full\)$/) })
    tellStep3(folder)
    const again = await run(trainerIn(folder, { behaviour: 'disk-full' }))
    expect(again.snapshot.state).toBe('succeeded')
    expect(again.metrics.slice(0, 2)).toEqual(first.metrics)
  })

  it('a program that vanishes, or is killed, is lost; submitted again, the job goes on', async () => {
    for (const [behaviour, error] of [
      ['vanish', /ended without a word/],
      ['killed', /was ended by SIGKILL/],
    ] as const) {
      const folder = newFolder()
      const { snapshot, metrics } = await run(trainerIn(folder, { behaviour }))
      expect(snapshot).toMatchObject({ state: 'lost', stepsDone: 2, error: expect.stringMatching(error) })
      tellStep3(folder)
      const resumed = await run(trainerIn(folder, { behaviour }))
      expect(resumed.snapshot.state).toBe('succeeded')
      expect(resumed.metrics.slice(0, 2)).toEqual(metrics)
    }
  })

  it('a job on another machine that falls silent is lost after the configured while', async () => {
    const folder = newFolder()
    const patience = { silenceMs: 2000, startMs: undefined, settleMs: 100 }
    const trainer = trainerIn(folder, { behaviour: 'silent' }, { commandIsJob: false, patience })
    const { snapshot, ref } = await run(trainer)
    expect(snapshot).toMatchObject({ state: 'lost', stepsDone: 2, error: expect.stringMatching(/^no sign of life for \d+ s/) })
    // The same silence beside a command that is the job and still runs is said, and waited for.
    const warned = await trainerIn(folder, { behaviour: 'silent' }, { patience }).get(ref)
    expect(warned.state).toBe('lost') // no process of that trainer's own
    process.kill(-pidIn(folder), 'SIGKILL')
  })

  it('a job whose command runs is waited for through silence', async () => {
    const trainer = trainerIn(newFolder(), { behaviour: 'silent' }, { patience: { silenceMs: 200, startMs: undefined, settleMs: 100 } })
    const ref = await trainer.submit(trainingSpec())
    let snapshot = await trainer.get(ref)
    for (; snapshot.warnings === undefined; snapshot = await trainer.get(ref)) await wait(50)
    expect(snapshot).toMatchObject({ state: 'running', warnings: [expect.stringMatching(/no sign of life for \d+ s; its command still runs/)] })
    await trainer.cancel!(ref)
    expect((await trainer.get(ref)).state).toBe('cancelled')
  })

  it('a job that never starts fails after the configured wait, and waits without one', async () => {
    const patience = { silenceMs: 20_000, startMs: 300, settleMs: 100 }
    const folder = newFolder()
    const trainer = trainerIn(folder, { behaviour: 'never-starts' }, { patience })
    const { snapshot, ref } = await run(trainer)
    expect(snapshot).toMatchObject({ state: 'failed', error: expect.stringMatching(/^it has not begun/), stepsDone: 0 })
    // Submitted again, the first attempt is ended before the second begins.
    const first = pidIn(folder)
    await trainer.submit(trainingSpec())
    expect(() => process.kill(first, 0)).toThrow(/ESRCH/)
    expect(pidIn(folder)).not.toBe(first)
    await trainer.cancel!(ref)
    const patient = trainerIn(newFolder(), { behaviour: 'never-starts' })
    await patient.submit(trainingSpec())
    await wait(400)
    expect((await patient.get(ref)).state).toBe('queued')
    await patient.cancel!(ref)
    expect((await patient.get(ref)).state).toBe('cancelled')
  })

  it('a command that fails, or is none, says what it printed', async () => {
    await expectFailure({ behaviour: 'refuses' }, /ended with exit code 3. It printed last:\nno such partition/)
    await expectFailure({}, /no-such-program cannot be started/, { command: { argv: [join(root, 'no-such-program')], keys: [] } })
  })

  it('an unknown status is said and taken as running; success without a model is none; a service may keep the model', async () => {
    const waits = newFolder()
    const slow = trainerIn(waits, { behaviour: 'unknown-status' })
    const ref = await slow.submit(trainingSpec())
    for await (const _ of slow.metrics!(ref)) break
    expect(await slow.get(ref)).toMatchObject({
      state: 'running',
      warnings: [expect.stringMatching(/“paused_for_maintenance”, which this version does not know/)],
    })
    writeFileSync(join(waits, 'r01', 'go-on'), '')
    expect((await ended(slow)).state).toBe('succeeded')
    await expectFailure({ behaviour: 'no-model' }, /neither a folder model\/ nor a model.uri/)
    const folder = newFolder()
    const kept = trainerIn(folder, { behaviour: 'remote-model' })
    const { model } = (await run(kept)).snapshot
    expect(model).toEqual({ trainer: 'command', uri: 'tinker://run/weights/r01' })
    await kept.submit(trainingSpec({ jobName: 'r02', continueFrom: model }))
    expect(JSON.parse(readFileSync(join(folder, 'r02', 'job.json'), 'utf8')).continueFrom).toBe('tinker://run/weights/r01')
  })
})

describe('what a program is not told to do', () => {
  it('what it does not promise is not asked for: undeclared signals are dropped, a fresh start forgets old steps', async () => {
    const folder = newFolder()
    const capabilities = { ...everything, perStepGradNorm: false, perExampleLoss: false, perExampleGap: false, resume: false }
    const first = await run(trainerIn(folder, { behaviour: 'vanish', atStep: 4 }, { capabilities }))
    expect(first.metrics.map(({ step, gradNorm, exampleLosses }) => [step, gradNorm, exampleLosses])).toEqual([1, 2, 3].map((n) => [n, undefined, undefined]))
    const again = await run(trainerIn(folder, { behaviour: 'vanish', atStep: 4 }, { capabilities }))
    expect(again.metrics.map(({ step }) => step)).toEqual([1, 2, 3])
  })

  it('no shell reads the command, and keys stay here unless they are named', async () => {
    const folder = newFolder()
    const names = ['A_API_KEY', 'AWS_SECRET_ACCESS_KEY', 'GITHUB_TOKEN', 'RAY_AUTH_TOKEN', 'PGPASSWORD', 'B_API_KEY', 'HF_TOKEN']
    const print = `require("node:fs").writeFileSync(process.argv[1] + "/seen", JSON.stringify([process.argv.slice(2), ${JSON.stringify(names)}.filter((name) => name in process.env)]))`
    for (const name of names) vi.stubEnv(name, 'a-secret')
    onTestFinished(() => void vi.unstubAllEnvs())
    const command = { argv: [process.execPath, '-e', print, '{folder}', '{jobName}; rm -rf $HOME `x`', 'two words'], keys: ['B_API_KEY'] }
    const trainer = trainerIn(folder, {}, { command })
    await run(trainer)
    expect(JSON.parse(readFileSync(join(folder, 'r01', 'seen'), 'utf8'))).toEqual([
      ['r01; rm -rf $HOME `x`', 'two words'],
      ['B_API_KEY', 'HF_TOKEN'],
    ])
  })

  it('a job is ended by its own command where there is one; one that fails says why and cancels nothing', async () => {
    const folder = newFolder()
    const stop = (code: string) => ({ argv: [process.execPath, '-e', code, '{folder}'], keys: [] })
    const failing = trainerIn(folder, { behaviour: 'never-starts' }, { cancelCommand: stop('console.error("scancel: invalid job"); process.exit(1)') })
    const ref = await failing.submit(trainingSpec())
    const error = await failing.cancel!(ref).catch((thrown: unknown) => thrown)
    expect(SediError.is(error, 'provider-response') && error.message).toMatch(/scancel: invalid job/)
    expect((await failing.get(ref)).state).toBe('queued')
    const kill = 'process.kill(-JSON.parse(require("node:fs").readFileSync(process.argv[1] + "/command.json", "utf8")).pid, "SIGTERM")'
    const working = trainerIn(folder, { behaviour: 'never-starts' }, { cancelCommand: stop(kill) })
    await working.cancel!(ref)
    expect((await working.get(ref)).state).toBe('cancelled')
  })

  it('a document that cannot be read is not believed', async () => {
    const folder = newFolder()
    const trainer = trainerIn(folder, { behaviour: 'never-starts' })
    const ref = await trainer.submit(trainingSpec())
    writeFileSync(join(folder, 'r01', 'status.json'), '{"state": "succ')
    expect(await trainer.get(ref)).toMatchObject({ state: 'running', warnings: [expect.stringMatching(/^status.json cannot be read/)] })
    await trainer.cancel!(ref)
  })
})

// It stands in the folders of jobs: with another hash, a job that is under way is taken for another one.
it('the hash of a spec is what it was', async () => {
  const folder = newFolder()
  await run(trainerIn(folder, { note: 'x' }), { ...trainingSpec(), continueFrom: { trainer: 'command', uri: 'r00/model', digest: 'd0' } })
  const { specHash } = JSON.parse(readFileSync(join(folder, 'r01', 'record.json'), 'utf8'))
  expect(specHash).toBe('77c3e5a3270c68ed43e4d4685a75e621efe9153ef0fa386329799b99743f8a2d')
})
