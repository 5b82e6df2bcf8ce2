import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import python from '../backends/python.ts'

// What a crash, a full disk or another version may leave in a job's folder; no Python takes part.
const root = mkdtempSync(join(tmpdir(), 'sedi-damaged-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let count = 0
const line = (step: number, loss = 1) =>
  `${JSON.stringify({ step, exampleIds: ['a'], loss, gradNorm: 1, learningRate: 0.1, targetTokens: 3, exampleLosses: [loss], exampleGaps: [0] })}\n`
const succeeded = { protocol: 1, state: 'succeeded', pid: 1, warnings: [], model: { digest: 'd' } }

async function job(steps: string, status: string | object = succeeded) {
  const folder = join(root, String(++count))
  mkdirSync(join(folder, 'r02'), { recursive: true })
  const write = (name: string, value: string | object): void =>
    writeFileSync(join(folder, 'r02', name), typeof value === 'string' ? value : JSON.stringify(value))
  write('job.json', { firstStep: 4, batches: [['a'], ['a'], ['a']] })
  write('steps.jsonl', steps)
  write('status.json', status)
  const trainer = await python.createTrainer(python.options.parse({ baseModel: folder }), { folder })
  const ref = { trainer: 'python', id: 'r02' }
  const metrics = await Array.fromAsync(trainer.metrics!(ref))
  return { snapshot: await trainer.get(ref), steps: metrics.map(({ step, loss }) => [step, loss]) }
}

it('steps in any order, told twice, with a line cut short: each once, in order, the first figures stay', async () => {
  const { snapshot, steps } = await job(`${line(5)}${line(4)}${line(5, 2)}${line(6)}${line(6).slice(0, 20)}`)
  expect(snapshot).toMatchObject({ state: 'succeeded', stepsDone: 3, model: { uri: 'r02/model' } })
  expect(steps).toEqual([
    [4, 1],
    [5, 1],
    [6, 1],
  ])
})

it.each([
  ['a gap', `${line(4)}${line(6)}`, 'lacks steps 5', [[4, 1]]],
  ['a line that is none', `${line(4)}{"step": 5, "loss": NaN}\n${line(6)}`, 'lacks steps 5', [[4, 1]]],
  ['no log at all', '', 'lacks steps 4, 5, 6', []],
] as const)('%s in a finished job is a failure that can be tried again, and what follows the gap is not told', async (_, log, words, told) => {
  const { snapshot, steps } = await job(log)
  expect(snapshot).toMatchObject({ state: 'failed', errorCode: 'metrics', error: expect.stringContaining(words) })
  expect(snapshot.model).toBeUndefined()
  expect(steps).toEqual(told)
})

it('another protocol is named, with the way out', async () => {
  const { snapshot } = await job(line(4), { ...succeeded, protocol: 2 })
  expect(snapshot).toMatchObject({
    state: 'failed',
    errorCode: 'unsupported',
    error: expect.stringMatching(/protocol 2, expected 1\. Run: sedi trainer setup python/),
  })
})

it.each([
  ['cut short', '{"state": "runn'],
  ['of another kind', '[1]'],
  ['of a process that is gone', { protocol: 1, state: 'running', pid: 2 ** 22 + 1, warnings: [] }],
  ['with a state that nobody knows', { protocol: 1, state: 'musing', pid: 2 ** 22 + 1, warnings: [] }],
])('a status %s: lost, finished steps are kept', async (_, status) => {
  const { snapshot, steps } = await job(`${line(4)}${line(5)}`, status)
  expect(snapshot).toMatchObject({ state: 'lost', errorCode: 'worker-lost', stepsDone: 2, error: expect.stringContaining('last checkpoint') })
  expect(steps).toHaveLength(2)
})
