import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { openStore } from '@sedi/kit'
import { readBook, startFakeProvider } from '@sedi/testing'
import { expect, it } from 'vitest'
import { sedi } from './fixtures/spawn-sedi.ts'
import { teacherAt, testFolder, writeConfig } from './fixtures/test-folder.ts'

const preload = pathToFileURL(fileURLToPath(new URL('./fixtures/crash-at.mjs', import.meta.url))).href

/** Files that the trainer puts in place: one for each job and for each of its checkpoints. */
const renames = 4

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

it('a run killed right before and right after each of its durable writes ends as the undisturbed one, having bought every answer once', {
  timeout: 1_800_000,
}, async () => {
  const folder = testFolder()
  const calm = await startFakeProvider({ bookFile: join(folder, 'calm.jsonl') })
  writeConfig(folder, config(calm.url))
  const counting = await sedi(['run', '--json', '--out', 'calm'], { cwd: folder, env: crash('count') })
  await calm.close()
  const undisturbed = JSON.parse(counting.stdout) as { digest: string }
  const commits = Number(/SEDI_CRASH commits (\d+)/.exec(counting.stderr)?.[1])
  expect(commits).toBeGreaterThan(30)
  const pointsOf = (kind: string, count: number): string[] =>
    Array.from({ length: count }, (_, i) => [`${kind}:before:${i + 1}`, `${kind}:after:${i + 1}`]).flat()
  const points = [...pointsOf('commit', commits), ...pointsOf('rename', renames)]
  const killed: string[] = []
  await inTwos(points, async (point) => {
    const name = point.replaceAll(':', '-')
    const bookFile = join(folder, `${name}.jsonl`)
    const provider = await startFakeProvider({ bookFile, latencyMs: [5, 30] })
    writeConfig(folder, config(provider.url), `${name}.json`)
    const first = await sedi(['run', `${name}.json`, '--json', '--out', name], { cwd: folder, env: crash(point) })
    if (first.signal === 'SIGKILL') killed.push(point)
    const [run] = await openStore({ store: join(folder, name) }).list()
    const again = await sedi(run === undefined ? ['run', `${name}.json`, '--json', '--out', name] : ['resume', run.folder, '--json'], { cwd: folder })
    expect([point, again.code, again.stderr]).toEqual([point, 0, expect.any(String)])
    const report = JSON.parse(again.stdout) as { digest: string; run: string; uncertainAttempts: number }
    expect([point, report.digest]).toEqual([point, undisturbed.digest])
    await provider.close()
    const sent = readBook(bookFile).entries.length
    expect([point, sent]).toEqual([point, expect.toSatisfy((n: number) => n <= 8 + report.uncertainAttempts)])
    expect((await openStore({ store: join(folder, name) }).check(report.run)).damage).toEqual([])
  })
  // The order of answers differs a little from run to run, so a late point may not exist in every run.
  expect(killed.length).toBeGreaterThan(points.length * 0.8)
})

const crash = (point: string): NodeJS.ProcessEnv => ({ SEDI_CRASH: point, NODE_OPTIONS: `--import=${preload}` })

async function inTwos<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const queue = [...items]
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item)
  }
  await Promise.all([worker(), worker()])
}
