import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { openStore } from '@sedi/kit'
import { readBook, startFakeProvider } from '@sedi/testing'
import { beforeAll, expect, it } from 'vitest'
import { type Finished, sedi } from './fixtures/spawn-sedi.ts'
import { teacherAt, testFolder, writeConfig } from './fixtures/test-folder.ts'

const preload = pathToFileURL(fileURLToPath(new URL('./fixtures/crash-at.mjs', import.meta.url))).href

/** Files that the trainer puts in place: one for each job, and its checkpoints. */
const jobs = 2
const checkpoints = 2

const config = (baseUrl: string): Readonly<Record<string, unknown>> => ({
  generator: teacherAt(baseUrl),
  prompt: { tasksPerCall: 4 },
  target: { calls: 8 },
  rounds: 2,
  limits: { concurrency: 2 },
  batches: { size: 4 },
  trainer: { id: 'embedded', layers: 1, width: 8, heads: 2, checkpointEverySteps: 2 },
  training: { stepsPerRound: 3, maxLength: 48 },
  feedback: { everySteps: 2 },
  evaluation: { evaluators: ['exact-match'], heldOut: 'test.jsonl' },
})

type Report = { readonly run: string; readonly digest: string; readonly uncertainAttempts: number }

const folder = testFolder()
let undisturbed: Report
let commits: number
beforeAll(async () => {
  const calm = await startFakeProvider({ bookFile: join(folder, 'calm.jsonl') })
  writeConfig(folder, config(calm.url))
  const counting = await sedi(['run', '--json', '--out', 'calm'], { cwd: folder, env: crash('count') })
  await calm.close()
  undisturbed = JSON.parse(counting.stdout) as Report
  commits = Number(/SEDI_CRASH commits (\d+)/.exec(counting.stderr)?.[1])
  expect(commits).toBeGreaterThan(30)
}, 600_000)

/** Runs into the point, then goes on as its user would; how the first process ended. */
async function goThrough(point: string): Promise<Finished> {
  const name = point.replaceAll(':', '-')
  const bookFile = join(folder, `${name}.jsonl`)
  const provider = await startFakeProvider({ bookFile, latencyMs: [5, 30] })
  writeConfig(folder, config(provider.url), `${name}.json`)
  const begin = ['run', `${name}.json`, '--json', '--out', name]
  const first = await sedi(begin, { cwd: folder, env: crash(point) })
  const store = openStore({ store: join(folder, name) })
  const [run] = await store.list()
  const again = first.code === 0 ? first : await sedi(run === undefined ? begin : ['resume', run.folder, '--json'], { cwd: folder })
  await provider.close()
  expect([point, again.code, again.stderr]).toEqual([point, 0, expect.any(String)])
  const report = JSON.parse(again.stdout) as Report
  expect([point, report.digest]).toEqual([point, undisturbed.digest])
  // Whatever was sent beyond the eight calls is there as an attempt whose end nobody knows.
  expect(readBook(bookFile).entries.length).toBeLessThanOrEqual(8 + report.uncertainAttempts)
  expect((await store.check(report.run)).damage).toEqual([])
  return first
}

it('killed right before and right after each of its durable writes, a run ends as the undisturbed one, having bought every answer once', {
  timeout: 1_800_000,
}, async () => {
  const around = (kind: string, count: number): string[] =>
    Array.from({ length: count }, (_, i) => [`${kind}:before:${i + 1}`, `${kind}:after:${i + 1}`]).flat()
  const points = [...around('commit', commits), ...around('rename', jobs), ...around('checkpoint', checkpoints)]
  let killed = 0
  await inTwos(points, async (point) => {
    if ((await goThrough(point)).signal === 'SIGKILL') killed++
  })
  // The order of answers differs a little from run to run, so a late point may not exist in every run.
  expect(killed).toBeGreaterThan(points.length * 0.8)
})

it('with a disk that is full or read-only at each of its durable writes, a run stops with that reason and goes on when there is room', {
  timeout: 1_800_000,
}, async () => {
  const points = [
    ...Array.from({ length: commits }, (_, i) => `commit:${i % 2 === 0 ? 'full' : 'readonly'}:${i + 1}`),
    ...Array.from({ length: jobs }, (_, i) => `rename:full:${i + 1}`),
    ...Array.from({ length: checkpoints }, (_, i) => `checkpoint:full:${i + 1}`),
  ]
  let stopped = 0
  await inTwos(points, async (point) => {
    const { code, stdout, stderr } = await goThrough(point)
    if (code === 0) return
    stopped++
    expect([point, code]).toEqual([point, expect.toSatisfy((one) => one === 2 || one === 3)])
    expect([point, `${stdout}${stderr}`]).toEqual([point, expect.stringMatching(/disk is (full|read-only)|read-only|no space|ENOSPC|disk/i)])
  })
  expect(stopped).toBeGreaterThan(points.length * 0.6)
})

const crash = (point: string): NodeJS.ProcessEnv => ({ SEDI_CRASH: point, NODE_OPTIONS: `--import=${preload}` })

async function inTwos<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const queue = [...items]
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item)
  }
  await Promise.all([worker(), worker()])
}
