import { join } from 'node:path'
import { openStore } from '@sedi/kit'
import { startFakeFineTuning, startFakeProvider } from '@sedi/testing'
import { expect, it } from 'vitest'
import { sedi } from './fixtures/spawn-sedi.ts'
import { teacherAt, testFolder, writeConfig } from './fixtures/test-folder.ts'

it('two rounds of the real loop on a service that speaks OpenAI’s fine-tuning protocol; a job that fails there is bought again by resume', async () => {
  const folder = testFolder()
  const provider = await startFakeProvider({ bookFile: join(folder, 'book.jsonl') })
  const service = await startFakeFineTuning({ scenario: ['base64-results', 'fails'] })
  writeConfig(folder, {
    generator: { ...teacherAt(provider.url), maxOutputTokens: 1500 },
    prompt: { tasksPerCall: 5 },
    target: { calls: 8 },
    rounds: 2,
    batches: { size: 8 },
    trainer: { id: 'openai', baseModel: 'base-1', baseUrl: service.url, pollSeconds: 0.02, settleSeconds: 1, price: { perMTokUsd: 8 } },
    training: { stepsPerRound: 6 },
    feedback: { everySteps: 3 },
    evaluation: { evaluators: ['exact-match'], heldOut: 'test.jsonl' },
  })
  const key = 'sk-secret-abcdefgh12345678'
  const options = { cwd: folder, env: { OPENAI_API_KEY: key } }

  const plan = JSON.parse((await sedi(['run', '--dry-run', '--json'], options)).stdout)
  expect(plan.notes.join('\n')).toMatch(/OpenAI itself takes no new fine-tuning jobs from 6 January 2027/)
  expect(plan.notes.join('\n')).toMatch(/Training is billed by the service, outside budget.maxCostUsd\./)
  expect(plan.notes.join('\n')).toMatch(/cannot keep our batches: they are advisory/)
  expect(service.requests('chat') + service.requests('create-job')).toBe(0)

  const failed = await sedi(['run', '--json'], options)
  expect([failed.code, failed.stderr]).toEqual([
    3,
    expect.stringMatching(/The training job r02 of “openai” ended as failed: The job failed due to an internal error/),
  ])
  const [run] = await openStore({ store: join(folder, 'runs') }).list()
  const resumed = await sedi(['resume', run!.runId, '--json'], options)
  expect([resumed.code, resumed.stderr]).toEqual([0, expect.any(String)])
  const report = JSON.parse(resumed.stdout)
  // Short last batches in the middle of a round: the service cuts the file itself, and makes fewer steps of it.
  const [first, , second] = service.jobs()
  const made = [first!.results.length, second!.results.length] as const
  expect(report).toMatchObject({ state: 'done', steps: made[0] + made[1] })
  expect(`${failed.stderr}${resumed.stderr}`).toMatch(/the service makes 5 steps of \d+ rows, not our 6 batches/)
  expect(report.seedsPromoted).toBeGreaterThan(0)
  expect(service.book()).toMatchObject({ jobs: 3, files: 3 })

  const ledger = await openStore({ store: join(folder, 'runs') }).read(report.run)
  const steps = await ledger.find('step')
  const numbers = [...Array.from({ length: made[0] }, (_, i) => 1 + i), ...Array.from({ length: made[1] }, (_, i) => 7 + i)]
  expect(steps.map(({ step, gradNorm }) => [step, gradNorm])).toEqual(numbers.map((step) => [step, null]))
  expect((await ledger.find('model')).map(({ model }) => model.uri)).toEqual([first, second].map((job) => job!.fineTunedModel))
  expect(second!.model).toBe(first!.fineTunedModel)
  await ledger.close()
  for (const said of [failed.stdout, failed.stderr, resumed.stdout, resumed.stderr]) expect(said).not.toContain(key)
  expect(resumed.stderr).toMatch(/“openai” began the job anew and tells other figures of 2 steps; those of the earlier attempt stay/)
  expect(failed.stderr).toMatch(/the service trained \d+ tokens for ftjob-\d+: about \$0\.\d+, outside budget.maxCostUsd/)
  await Promise.all([provider.close(), service.close()])
})
