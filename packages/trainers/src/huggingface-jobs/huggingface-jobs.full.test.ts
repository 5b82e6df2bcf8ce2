import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { JobSnapshot, Trainer, TrainingMetric, TrainingSpec } from '@sedi/spec'
import { type FakeHub, startFakeHub } from '@sedi/testing'
import { describeTrainerContract, trainingSpec } from '@sedi/testing/contracts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import backend from '../backends/huggingface-jobs.ts'
import python from '../backends/python.ts'
import { findPython, packageFolder } from '../python-job/environment.ts'
import { pythonEnvironment } from '../python-job/processes.ts'

// The machines are processes that run our Python trainer from the environment of `sedi trainer setup python`; huggingface_hub pushes.
const token = 'hf_1234567890abcdefKEY'
const repository = 'tester/poems'
const root = mkdtempSync(join(tmpdir(), 'sedi-hub-full-'))
const base = join(root, 'base')
const tools = join(root, 'bin')
const installs = join(root, 'installs.txt')

/** What a machine's image has: python3, and a uv that writes down what it was asked for instead of fetching gigabytes. */
function makeImage(): void {
  mkdirSync(tools)
  symlinkSync(findPython(undefined), join(tools, 'python3'))
  const uv = `#!/bin/sh
echo "$@ | key: \${HF_TOKEN:-none}" >> ${installs}
if [ "$1" = venv ]; then mkdir -p "$4/bin"; printf '#!/bin/sh\\nexec ${findPython(undefined)} "$@"\\n' > "$4/bin/python"; chmod +x "$4/bin/python"; fi
`
  writeFileSync(join(tools, 'uv'), uv)
  chmodSync(join(tools, 'uv'), 0o755)
}

let hub: FakeHub
const newHub = (): Promise<FakeHub> =>
  startFakeHub({
    token,
    machine: ({ request }) => ({
      // A link to an interpreter is not its environment: the image's python3 is the environment's own.
      argv: [findPython(undefined), ...request.command.slice(1)],
      env: { PATH: [tools, process.env.PATH].join(delimiter), HF_HUB_DISABLE_XET: '1', HF_HUB_DISABLE_PROGRESS_BARS: '1', HF_HUB_DISABLE_TELEMETRY: '1' },
    }),
  })

beforeAll(async () => {
  const make = `import sys; sys.path.insert(0, ${JSON.stringify(join(packageFolder, 'tests'))}); from tiny import make_model; make_model(__import__('pathlib').Path(${JSON.stringify(base)}))`
  execFileSync(findPython(undefined), ['-c', make], { env: pythonEnvironment(), stdio: 'ignore' })
  makeImage()
  hub = await newHub()
}, 600_000)
afterAll(async () => {
  await hub.close()
  rmSync(root, { recursive: true, force: true, maxRetries: 5 })
})

const own = { baseModel: base, method: 'full', precision: 'fp32', checkpointEverySteps: 2 }
const trainerIn = (name: string, changes: object = {}): Promise<Trainer> =>
  backend.createTrainer(
    backend.options.parse({
      ...{ ...own, repository, flavor: 'cpu-basic', timeoutMinutes: 10, packages: 'image', pushSeconds: 0.3, pollSeconds: 0.1, hubUrl: hub.url },
      ...changes,
    }),
    { folder: join(root, name), credentials: { token } },
  )

const job = { trainer: 'huggingface-jobs', id: 'r01' }

async function ended(trainer: Trainer): Promise<JobSnapshot> {
  for (;;) {
    const snapshot = await trainer.get(job)
    if (snapshot.state !== 'queued' && snapshot.state !== 'running') return snapshot
    await wait(100)
  }
}

async function train(trainer: Trainer, spec: TrainingSpec = trainingSpec()) {
  const ref = await trainer.submit(spec)
  const metrics = await Array.fromAsync(trainer.metrics!(ref))
  return { metrics, snapshot: await trainer.get(ref) }
}

const remoteFolder = ({ model }: JobSnapshot): string => model!.uri.slice(`hf://${repository}/`.length, -'/model'.length)
const logOf = (at: number): string => hub.jobs.all[at]!.log.map(({ data }) => data).join('\n')

describe('trainer: huggingface-jobs, with Python on its machines', { timeout: 600_000 }, () => {
  let local: readonly TrainingMetric[]

  beforeAll(async () => {
    const trainer = await python.createTrainer(python.options.parse(own), { folder: join(root, 'local') })
    local = (await train(trainer)).metrics
    await trainer.close?.()
  }, 600_000)
  beforeEach(async () => {
    await hub.close()
    hub = await newHub()
  })

  it('gives the figures of the same job on this machine, with the template sent along and the packages that are locked', async () => {
    const { metrics, snapshot } = await train(await trainerIn('calm', { packages: 'locked', chatTemplate: join(base, 'chat_template.jinja') }))
    expect(snapshot, logOf(0)).toMatchObject({ state: 'succeeded', stepsDone: 6 })
    expect(metrics).toEqual(local)
    const [venv, install, ...more] = readFileSync(installs, 'utf8').trim().split('\n')
    expect(more).toEqual([])
    expect(venv).toMatch(/^venv --python .*key: none$/)
    expect(install).toMatch(/^pip install --python .* --require-hashes -r .*requirements\.lock \| key: none$/)
    const at = remoteFolder(snapshot)
    const files = [...hub.repository(repository).commits.at(-1)!.files]
    const names = files
      .map(([path]) => path)
      .filter((path) => path.startsWith(at))
      .map((path) => path.slice(at.length + 1)) // prettier-ignore
    expect(names).toEqual(expect.arrayContaining(['job.json', 'manifest.json', 'status.json', 'steps.jsonl', 'model/model.safetensors', 'model/optimizer.pt']))
    expect(names.filter((name) => name.startsWith('checkpoints/'))).toEqual([])
    expect(files.find(([path]) => path.endsWith('model.safetensors'))![1].sha256).toMatch(/^[0-9a-f]{64}$/)
    for (const text of [logOf(0), ...files.map(([, { bytes }]) => bytes.toString('latin1'))]) expect(text).not.toContain(token)
  })

  it('a machine that vanishes is lost, and another one goes on from what was pushed, with the same figures', async () => {
    const trainer = await trainerIn('vanished', { checkpointEverySteps: 5 })
    const spec = trainingSpec({}, 40)
    const undisturbed = await train(await trainerIn('undisturbed', { checkpointEverySteps: 5 }), spec)
    await trainer.submit(spec)
    for await (const { step } of trainer.metrics!(job)) if (step >= 7) break
    hub.jobs.kill(hub.jobs.all[1]!.id)
    const lost = await ended(trainer)
    // The tiny job may have ended before.
    if (lost.state === 'lost') {
      expect(lost).toMatchObject({ error: expect.stringMatching(/machine was lost/) })
      expect(lost.stepsDone).toBeGreaterThan(6)
    }
    const { metrics, snapshot } = await train(trainer, spec)
    expect(snapshot).toMatchObject({ state: 'succeeded', stepsDone: 40 })
    expect(metrics).toEqual(undisturbed.metrics)
    expect(snapshot.model!.digest).toBe(undisturbed.snapshot.model!.digest)
  })

  it('pushes through conflicts, a failing hub and lost answers', async () => {
    const answer = (status: number, error: string) => ({ answer: { status, body: { error } } })
    // The first commit is this process's; all others are the machine's.
    hub.addFault({ method: 'POST', path: /\/commit\/main$/, after: 1, does: answer(412, 'A commit has happened since.') })
    hub.addFault({ method: 'POST', path: /\/commit\/main$/, does: answer(503, 'not now') })
    hub.addFault({ method: 'POST', path: /\/commit\/main$/, does: 'lose-answer' })
    hub.addFault({ method: 'PUT', path: /^\/upload\//, does: answer(500, 'Internal') })
    hub.addFault({ method: 'GET', path: /job\.json$/, does: answer(502, 'Bad gateway') })
    const { metrics, snapshot } = await train(await trainerIn('stormy'))
    expect(snapshot, logOf(0)).toMatchObject({ state: 'succeeded', stepsDone: 6 })
    expect(metrics).toEqual(local)
    expect(logOf(0)).toMatch(/trying again in/)
  })

  it('leaves a job to the machine that has it', async () => {
    const trainer = await trainerIn('two')
    await trainer.submit(trainingSpec({}, 60))
    for await (const _ of trainer.metrics!(job)) break
    hub.jobs.run('tester', hub.jobs.all[0]!.request)
    while (hub.jobs.all[1]!.stage === 'RUNNING') await wait(100)
    expect(logOf(1)).toMatch(/is at work elsewhere.*nothing is done here/)
    expect(await ended(trainer)).toMatchObject({ state: 'succeeded', stepsDone: 60 })
  })

  it('says what is wrong: no base model, a damaged checkpoint, a model that is another one, another trainer than was meant', async () => {
    const nowhere = await trainerIn('nowhere', { baseModel: join(root, 'no-such-model') })
    expect((await train(nowhere)).snapshot).toMatchObject({ state: 'failed', errorCode: 'base-model', error: expect.stringMatching(/no-such-model/) })

    const first = await trainerIn('first')
    const { snapshot } = await train(first)
    const at = remoteFolder(snapshot)
    const next = trainingSpec({ jobName: 'r02', firstStep: 7, continueFrom: { ...snapshot.model!, digest: 'f'.repeat(64) } })
    expect((await train(first, next)).snapshot).toMatchObject({
      state: 'failed',
      errorCode: 'digest',
      error: expect.stringMatching(/is not the model this job continues from/),
    })
    hub.change(repository, 'gone', [{ delete: `${at}/model`, folder: true }])
    const later = trainingSpec({ jobName: 'r03', firstStep: 7, continueFrom: snapshot.model })
    expect((await train(first, later)).snapshot).toMatchObject({ state: 'failed', errorCode: 'base-model', error: expect.stringMatching(/was removed/) })

    const bundle = [...hub.repository(repository).commits.at(-1)!.files.keys()].find((path) => path.startsWith('package/'))!
    hub.change(repository, 'tamper', [{ add: bundle, bytes: Buffer.from('{"files":{}}') }])
    const tampered = await trainerIn('tampered')
    expect((await train(tampered)).snapshot).toMatchObject({ state: 'lost', error: expect.stringMatching(/is not the trainer that was meant: SHA-256/) })
  })
})

describeTrainerContract({
  name: 'huggingface-jobs, with Python on its machines',
  capabilities: backend.capabilities,
  // The last test above has tampered with its hub.
  async create() {
    await hub.close()
    hub = await newHub()
    return { open: () => trainerIn('contract') }
  },
  longJobSteps: 400,
  timeoutMs: 900_000,
})
