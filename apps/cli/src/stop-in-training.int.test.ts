import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { openStore } from '@sedi/kit'
import { type FakeProvider, startFakeProvider } from '@sedi/testing'
import { afterEach, expect, it } from 'vitest'
import { sedi, spawnSedi } from './fixtures/spawn-sedi.ts'
import { teacherAt, testFolder, writeConfig } from './fixtures/test-folder.ts'

/** After docs/trainers.md. It works on until it is let go on: who waits for it to end waits in vain. */
const program = String.raw`
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
const at = (name) => process.argv[2] + '/' + name
const job = JSON.parse(readFileSync(at('job.json'), 'utf8'))
appendFileSync('starts.log', job.jobName + '\n')
const say = (status) => { writeFileSync(at('status.json.new'), JSON.stringify(status)); renameSync(at('status.json.new'), at('status.json')) }
say({ state: 'running' })
for (const [i, exampleIds] of job.batches.entries()) {
  if (i === 2) while (!existsSync('go-on')) { writeFileSync(at('alive'), ''); await wait(20) }
  appendFileSync(at('steps.jsonl'), JSON.stringify({ step: job.firstStep + i, exampleIds, loss: 1 / (i + 1) }) + '\n')
}
mkdirSync(at('model'))
say({ state: 'succeeded', model: { digest: 'after ' + (job.firstStep + job.batches.length - 1) } })
`

let provider: FakeProvider | undefined
afterEach(async () => {
  await provider?.close()
  provider = undefined
})

it.each([
  ['tells its steps', { perStepLoss: true, fixedBatches: true }],
  ['tells nothing but its end', { perStepLoss: false, fixedBatches: false }],
])('Ctrl-C while a job is at work that %s: the process ends, the run is paused, and resume finds the job again', async (_, capabilities) => {
  const folder = testFolder()
  writeFileSync(join(folder, 'train.mjs'), program)
  provider = await startFakeProvider({ bookFile: join(folder, 'book.jsonl') })
  writeConfig(folder, {
    generator: teacherAt(provider.url),
    rounds: 1,
    trainer: { id: 'command', command: [process.execPath, 'train.mjs', '{folder}'], capabilities },
    training: { stepsPerRound: 4 },
    seedPolicy: { rule: 'fixed' },
  })
  const running = spawnSedi(['run', '--json'], { cwd: folder })
  while (!existsSync(join(folder, 'starts.log'))) await wait(20)
  const [run] = await openStore({ store: join(folder, 'runs') }).list()
  while (capabilities.perStepLoss && (await stepsOf(folder)) < 2) await wait(20)
  running.process.kill('SIGINT')
  const paused = await running.finished
  expect([paused.code, paused.stderr]).toEqual([3, expect.stringMatching(/sedi resume /)])
  expect(JSON.parse(paused.stdout)).toMatchObject({ state: 'paused' })
  expect(existsSync(join(folder, 'go-on'))).toBe(false)

  writeFileSync(join(folder, 'go-on'), '')
  const resumed = await sedi(['resume', run!.runId, '--json'], { cwd: folder })
  expect([resumed.code, resumed.stderr]).toEqual([0, expect.any(String)])
  expect(JSON.parse(resumed.stdout)).toMatchObject({ state: 'done' })
  expect(readFileSync(join(folder, 'starts.log'), 'utf8')).toBe('r01\n')
})

const stepsOf = async (folder: string): Promise<number> => (await openStore({ store: join(folder, 'runs') }).list())[0]!.totals.steps
