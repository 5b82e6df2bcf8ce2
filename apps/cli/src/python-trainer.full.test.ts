import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openStore } from '@sedi/kit'
import { startFakeProvider } from '@sedi/testing'
import { expect, it } from 'vitest'
import { sedi, spawnSedi } from './fixtures/spawn-sedi.ts'
import { teacherAt, testFolder, writeConfig } from './fixtures/test-folder.ts'

// `npm run test:full` makes the environment first.
const python = join(process.env.SEDI_PYTHON_ENV ?? '', 'bin', 'python')
const pythonTests = fileURLToPath(new URL('../../../packages/trainers/python/tests', import.meta.url))

/** A Llama-shaped model with a tokenizer of its own, made in seconds. */
function makeModel(folder: string): void {
  const program = `import sys, pathlib; sys.path.insert(0, sys.argv[1]); from tiny import make_model; make_model(pathlib.Path(sys.argv[2]))`
  execFileSync(python, ['-c', program, pythonTests, folder], { stdio: 'ignore' })
}

const config = (baseUrl: string) => ({
  generator: { ...teacherAt(baseUrl), maxOutputTokens: 1500 },
  prompt: { tasksPerCall: 5 },
  target: { calls: 12 },
  rounds: 3,
  batches: { size: 8 },
  trainer: { id: 'python', baseModel: './base', method: 'full', precision: 'fp32', rowsPerDevice: 4, checkpointEverySteps: 2 },
  training: { stepsPerRound: 6, learningRate: 0.003, maxLength: 256 },
  feedback: { everySteps: 3 },
})

it('the loop with transformers, peft and TRL: three rounds, gradient norms in the ledger, seeds promoted from them; killed in training, it goes on to the same digest', {
  timeout: 900_000,
}, async () => {
  const folder = testFolder()
  makeModel(join(folder, 'base'))
  const provider = await startFakeProvider({ bookFile: join(folder, 'book.jsonl') })
  writeConfig(folder, config(provider.url))

  const calm = await sedi(['run', '--json', '--out', 'calm'], { cwd: folder })
  expect([calm.code, calm.stderr]).toEqual([0, expect.any(String)])
  const report = JSON.parse(calm.stdout)
  expect(report).toMatchObject({ state: 'done', steps: 18 })
  expect(report.seedsPromoted).toBeGreaterThan(0)
  const store = openStore({ store: join(folder, 'calm') })
  const ledger = await store.read(report.run)
  const steps = await ledger.find('step')
  const batches = await ledger.find('batch')
  expect(steps.map(({ step }) => step)).toEqual(batches.map(({ step }) => step))
  for (const [i, { gradNorm, exampleLosses, loss }] of steps.entries())
    expect([gradNorm! > 0, exampleLosses!.length, loss > 0]).toEqual([true, batches[i]!.exampleIds.length, true])
  const norms = new Map(steps.map(({ step, gradNorm }) => [step, gradNorm]))
  for (const { step, score, signal } of (await ledger.find('seed-event', { action: 'add' })).filter(({ origin }) => origin === 'machine')) {
    expect([signal, score]).toEqual(['batch-grad-norm', norms.get(step!)])
  }
  expect((await ledger.find('model')).map(({ model }) => model.uri)).toEqual(['r01/model', 'r02/model', 'r03/model'])
  await ledger.close()

  // Killed in the second round's training, together with the Python process it left behind.
  const running = spawnSedi(['run', '--json', '--out', 'storm'], { cwd: folder })
  const run = await stepsReached(join(folder, 'storm'), 9)
  running.process.kill('SIGKILL')
  await running.finished
  const resumed = await sedi(['resume', run, '--json', '--store', 'storm'], { cwd: folder })
  expect([resumed.code, resumed.stderr]).toEqual([0, expect.any(String)])
  expect(JSON.parse(resumed.stdout)).toMatchObject({ state: 'done', steps: 18, digest: report.digest })
  await provider.close()
})

/** Waits until the only run of a store has recorded so many steps; its id. */
async function stepsReached(folder: string, steps: number): Promise<string> {
  for (;;) {
    const [run] = await openStore({ store: folder }).list()
    if (run !== undefined && run.totals.steps >= steps) return run.runId
    await wait(200)
  }
}
