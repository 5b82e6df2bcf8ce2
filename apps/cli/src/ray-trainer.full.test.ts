import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openStore } from '@sedi/kit'
import { type RayHead, startFakeProvider, startRayHead } from '@sedi/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { sedi, spawnSedi } from './fixtures/spawn-sedi.ts'
import { teacherAt, testFolder, writeConfig } from './fixtures/test-folder.ts'

// `npm run test:full` makes both environments first.
const python = join(process.env.SEDI_PYTHON_ENV ?? '', 'bin', 'python')
const pythonTests = fileURLToPath(new URL('../../../packages/trainers/python/tests', import.meta.url))
const stepsPerRound = 30

let head: RayHead
beforeAll(async () => {
  head = await startRayHead({ environment: process.env.SEDI_RAY_ENV ?? '' })
}, 600_000)
afterAll(() => head?.close(), 60_000)

const config = (baseUrl: string) => ({
  generator: { ...teacherAt(baseUrl), maxOutputTokens: 1500 },
  prompt: { tasksPerCall: 5 },
  target: { calls: 12 },
  rounds: 3,
  batches: { size: 8 },
  trainer: { id: 'ray', address: head.address, baseModel: './base', method: 'full', precision: 'fp32', rowsPerDevice: 4, checkpointEverySteps: 4 },
  training: { stepsPerRound, learningRate: 0.003, maxLength: 256 },
  feedback: { everySteps: 3 },
})

it('the loop through a Ray cluster: three rounds, gradient norms in the ledger, seeds promoted from them; sedi killed in one round and the job in another, it ends at the same digest', {
  timeout: 1_500_000,
}, async () => {
  const folder = testFolder()
  const make = `import sys, pathlib; sys.path.insert(0, sys.argv[1]); from tiny import make_model; make_model(pathlib.Path(sys.argv[2]))`
  execFileSync(python, ['-c', make, pythonTests, join(folder, 'base')], { stdio: 'ignore' })
  const provider = await startFakeProvider({ bookFile: join(folder, 'book.jsonl') })
  writeConfig(folder, config(provider.url))

  const calm = await sedi(['run', '--json', '--out', 'calm'], { cwd: folder })
  expect([calm.code, calm.stderr]).toEqual([0, expect.any(String)])
  const report = JSON.parse(calm.stdout)
  expect(report).toMatchObject({ state: 'done', steps: 3 * stepsPerRound })
  expect(report.seedsPromoted).toBeGreaterThan(0)
  const ledger = await openStore({ store: join(folder, 'calm') }).read(report.run)
  const [steps, batches] = [await ledger.find('step'), await ledger.find('batch')]
  expect(steps.map(({ step }) => step)).toEqual(batches.map(({ step }) => step))
  for (const [i, { gradNorm, exampleLosses, loss }] of steps.entries())
    expect([gradNorm! > 0, exampleLosses!.length, loss > 0]).toEqual([true, batches[i]!.exampleIds.length, true])
  const norms = new Map(steps.map(({ step, gradNorm }) => [step, gradNorm]))
  for (const { step, score, signal } of (await ledger.find('seed-event', { action: 'add' })).filter(({ origin }) => origin === 'machine')) {
    expect([signal, score]).toEqual(['batch-grad-norm', norms.get(step!)])
  }
  expect((await ledger.find('model')).map(({ model }) => [model.trainer, model.uri])).toEqual(['r01', 'r02', 'r03'].map((job) => ['ray', `${job}/model`]))
  await ledger.close()

  // Killed in the second round's training: the job goes on without it, and is found again.
  const running = spawnSedi(['run', '--json', '--out', 'storm'], { cwd: folder })
  const second = await inTraining(join(folder, 'storm'), 'r02')
  running.process.kill('SIGKILL')
  await running.finished
  // In the third, the node loses the process: the run stops, and the next attempt goes on from a checkpoint.
  const stopping = spawnSedi(['resume', second.run, '--json', '--store', 'storm'], { cwd: folder })
  const { models } = await inTraining(join(folder, 'storm'), 'r03')
  process.kill(JSON.parse(readFileSync(join(models, 'r03', 'status.json'), 'utf8')).pid, 'SIGKILL')
  const stopped = await stopping.finished
  expect([stopped.code === 0, stopped.stderr]).toEqual([false, expect.stringMatching(/r03 of “ray” ended as lost: its process was ended by signal 9/)])
  const resumed = await sedi(['resume', second.run, '--json', '--store', 'storm'], { cwd: folder })
  expect([resumed.code, resumed.stderr]).toEqual([0, expect.any(String)])
  expect(JSON.parse(resumed.stdout)).toMatchObject({ state: 'done', steps: 3 * stepsPerRound, digest: report.digest })

  const attempts = ['r01', 'r02', 'r03'].map((job) => JSON.parse(readFileSync(join(models, job, 'record.json'), 'utf8')).attempts as { id: string }[])
  expect(attempts.map(({ length }) => length)).toEqual([1, 1, 2])
  // A process that has said its end takes a moment to be gone.
  await expect.poll(() => statusesOf(attempts.flat().map(({ id }) => id)), { timeout: 60_000 }).toEqual(['SUCCEEDED', 'SUCCEEDED', 'FAILED', 'SUCCEEDED'])
  await provider.close()
})

async function statusesOf(ids: readonly string[]): Promise<readonly (string | undefined)[]> {
  const jobs = JSON.parse((await head.ask('GET', '/api/jobs/')).text) as { submission_id: string; status: string }[]
  return ids.map((id) => jobs.find((job) => job.submission_id === id)?.status)
}

/** Waits until a job of a store's only run is a few steps old. */
async function inTraining(storeFolder: string, job: string): Promise<{ readonly run: string; readonly models: string }> {
  for (;;) {
    const [run] = existsSync(storeFolder) ? await openStore({ store: storeFolder }).list() : []
    const models = join(storeFolder, run?.runId ?? '', 'models')
    const steps = join(models, job, 'steps.jsonl')
    if (run !== undefined && existsSync(steps) && readFileSync(steps, 'utf8').split('\n').length > 6) return { run: run.runId, models }
    await wait(20)
  }
}
