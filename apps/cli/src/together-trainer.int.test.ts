import { join } from 'node:path'
import { openStore } from '@sedi/kit'
import { type FakeTogether, startFakeProvider, startFakeTogether } from '@sedi/testing'
import { expect, it } from 'vitest'
import { sedi } from './fixtures/spawn-sedi.ts'
import { teacherAt, testFolder, writeConfig } from './fixtures/test-folder.ts'

const key = 'tgp_v1_cli-test-key-0123456789'

function configOf(teacherUrl: string, { url }: FakeTogether, trainer: object = {}): Record<string, unknown> {
  return {
    generator: { ...teacherAt(teacherUrl), maxOutputTokens: 1500 },
    prompt: { tasksPerCall: 5 },
    target: { calls: 8 },
    rounds: 2,
    batches: { size: 8 },
    trainer: { id: 'together', baseModel: 'base/model-1', baseUrl: url, pollSeconds: 0.02, ...trainer },
    training: { stepsPerRound: 6, learningRate: 0.01 },
    feedback: { everySteps: 3 },
  }
}

it('two rounds of the real loop on Together: gradient norms in the ledger, seeds promoted from them, one billed job a round', async () => {
  const folder = testFolder()
  const provider = await startFakeProvider({ bookFile: join(folder, 'book.jsonl') })
  const together = await startFakeTogether({ apiKey: key })
  writeConfig(folder, configOf(provider.url, together))

  const env = { TOGETHER_API_KEY: key }
  const plan = await sedi(['run', '--dry-run'], { cwd: folder, env })
  expect(plan.stdout + plan.stderr).toContain('budget.maxCostUsd does not cover them')

  const { code, stdout, stderr } = await sedi(['run', '--json', '--out', 'runs'], { cwd: folder, env })
  expect([code, stderr]).toEqual([0, expect.stringMatching(/Together bills \$0\.\d{4} for job ft-/)])
  const report = JSON.parse(stdout)
  expect(report.state).toBe('done')
  expect(report.seedsPromoted).toBeGreaterThan(0)

  const ledger = await openStore({ store: join(folder, 'runs') }).read(report.run)
  // Steps of the second round are counted behind the batches of the first, of which the service may have made fewer.
  const figuresOf = (job: number): unknown[] => together.jobs()[job]!.figures.map(({ figures: row }) => [row['train/loss'], row['train/grad_norm']])
  for (const round of [1, 2]) {
    const steps = (await ledger.find('step')).filter((step) => step.round === round)
    expect(steps.map(({ loss, gradNorm }) => [loss, gradNorm])).toEqual(figuresOf(round - 1))
    expect(steps.map(({ step }) => step)).toEqual(steps.map((_, i) => 6 * (round - 1) + i + 1))
  }
  const norms = new Map((await ledger.find('step')).map(({ step, gradNorm }) => [step, gradNorm]))
  const promoted = (await ledger.find('seed-event')).filter(({ action, step }) => action === 'add' && step !== null)
  expect(promoted.length).toBe(report.seedsPromoted)
  for (const { step, signal, score } of promoted) expect([signal, score]).toEqual(['batch-grad-norm', norms.get(step!)])
  const models = (await ledger.find('model')).map(({ model }) => model)
  expect(models).toEqual(together.jobs().map(({ modelOutputName }) => ({ trainer: 'together', uri: modelOutputName })))
  expect(together.jobs()[1]!.request.from_checkpoint).toBe(models[0]!.uri)
  await ledger.close()
  expect(together.book()).toMatchObject({ jobs: 2, jobsBilled: 2, files: 2 })

  await together.close()
  await provider.close()
})

it('above trainer.maxCostUsd the run pauses before a job is begun; raised, it goes on', async () => {
  const folder = testFolder()
  const provider = await startFakeProvider({ bookFile: join(folder, 'book.jsonl') })
  const together = await startFakeTogether({ apiKey: key })
  const env = { TOGETHER_API_KEY: key }
  writeConfig(folder, { ...configOf(provider.url, together, { maxCostUsd: 0.000001 }), rounds: 1, target: { calls: 4 } })
  const paused = await sedi(['run', '--json', '--out', 'runs'], { cwd: folder, env })
  expect([paused.code, paused.stderr]).toEqual([3, expect.stringContaining('more than trainer.maxCostUsd')])
  expect(together.book().jobs).toBe(0)
  const { run } = JSON.parse(paused.stdout)
  const resumed = await sedi(['resume', run, '--json', '--store', 'runs', '--max-training-cost', '1'], { cwd: folder, env })
  expect([resumed.code, resumed.stderr]).toEqual([0, expect.any(String)])
  expect(together.book()).toMatchObject({ jobs: 1, files: 1 })
  await together.close()
  await provider.close()
})
