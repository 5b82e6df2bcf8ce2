import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { openStore } from '@sedi/kit'
import { startFakeProvider } from '@sedi/testing'
import { expect, it } from 'vitest'
import { sedi, spawnSedi } from './fixtures/spawn-sedi.ts'
import { teacherAt, testFolder, writeConfig } from './fixtures/test-folder.ts'

/** A program after docs/trainers.md; its figures depend on the batch only. It notes each time it is started. */
const program = String.raw`
import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
const at = (name) => process.argv[2] + '/' + name
const job = JSON.parse(readFileSync(at('job.json'), 'utf8'))
appendFileSync('starts.log', job.jobName + '\n')
const say = (status) => { writeFileSync(at('status.json.new'), JSON.stringify(status)); renameSync(at('status.json.new'), at('status.json')) }
say({ state: 'running' })
const lengths = new Map(job.examples.map(({ id, prompt, completion }) => [id, prompt.length + completion.length]))
for (const [i, exampleIds] of job.batches.entries()) {
  const exampleLosses = exampleIds.map((id) => lengths.get(id) / 100)
  const loss = exampleLosses.reduce((a, b) => a + b) / exampleIds.length
  writeFileSync(at('alive'), '')
  appendFileSync(at('steps.jsonl'), JSON.stringify({ step: job.firstStep + i, exampleIds, loss, gradNorm: loss / 3, exampleLosses }) + '\n')
  await wait(job.msPerStep)
}
mkdirSync(at('model'))
say({ state: 'succeeded', model: { digest: 'after ' + (job.firstStep + job.batches.length - 1) } })
`

it('two rounds of the real loop on somebody’s own program; killed in training, the job goes on without sedi and is found again', async () => {
  const folder = testFolder()
  writeFileSync(join(folder, 'train.mjs'), program)
  const provider = await startFakeProvider({ bookFile: join(folder, 'book.jsonl') })
  writeConfig(folder, {
    generator: { ...teacherAt(provider.url), maxOutputTokens: 1500 },
    prompt: { tasksPerCall: 5 },
    target: { calls: 8 },
    rounds: 2,
    batches: { size: 8 },
    trainer: {
      id: 'command',
      command: [process.execPath, 'train.mjs', '{folder}'],
      capabilities: { perStepLoss: true, fixedBatches: true, perStepGradNorm: true, perExampleLoss: true },
      job: { msPerStep: 200 },
    },
    training: { stepsPerRound: 6 },
    feedback: { everySteps: 3 },
  })

  const calm = await sedi(['run', '--json', '--out', 'calm'], { cwd: folder })
  expect([calm.code, calm.stderr]).toEqual([0, expect.any(String)])
  const report = JSON.parse(calm.stdout)
  expect(report).toMatchObject({ state: 'done', steps: 12 })
  expect(report.seedsPromoted).toBeGreaterThan(0)
  const ledger = await openStore({ store: join(folder, 'calm') }).read(report.run)
  for (const { gradNorm, loss } of await ledger.find('step')) expect(gradNorm).toBeCloseTo(loss / 3, 12)
  expect((await ledger.find('model')).map(({ model }) => [model.trainer, model.uri, model.digest])).toEqual(
    [6, 12].map((step, i) => ['command', `r0${i + 1}/model`, `after ${step}`]),
  )
  await ledger.close()

  const running = spawnSedi(['run', '--json', '--out', 'storm'], { cwd: folder })
  const run = await stepsReached(join(folder, 'storm'), 8)
  running.process.kill('SIGKILL')
  await running.finished
  const resumed = await sedi(['resume', run, '--json', '--store', 'storm'], { cwd: folder })
  expect([resumed.code, resumed.stderr]).toEqual([0, expect.any(String)])
  expect(JSON.parse(resumed.stdout)).toMatchObject({ state: 'done', steps: 12, digest: report.digest })
  // Two jobs in each run: none was started twice.
  expect(readFileSync(join(folder, 'starts.log'), 'utf8').trim().split('\n')).toEqual(['r01', 'r02', 'r01', 'r02'])
  await provider.close()
})

/** Waits until the only run of a store has recorded so many steps; its id. */
async function stepsReached(folder: string, steps: number): Promise<string> {
  for (;;) {
    const [run] = await openStore({ store: folder }).list()
    if (run !== undefined && run.totals.steps >= steps) return run.runId
    await wait(50)
  }
}
