import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { sedi } from './fixtures/spawn-sedi.ts'
import { testFolder, writeConfig, writeJsonLines } from './fixtures/test-folder.ts'

let folder: string
let run: string
let kept: number
const ask = (...args: string[]) => sedi(args, { cwd: folder })

async function answer(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await ask(...args)
  expect([code, stderr]).toEqual([0, ''])
  return stdout
}

beforeAll(async () => {
  folder = testFolder()
  writeConfig(folder, { generator: { id: 'simulated', price: { inputPerMTokUsd: 0.25, outputPerMTokUsd: 2 } }, target: { calls: 4 }, rounds: 1 })
  const done = JSON.parse((await ask('run', '--json')).stdout)
  run = done.run
  kept = done.kept
  // Pairs: 6 of 7 words the same (0.857), 6 of 8 (0.75).
  writeJsonLines(
    join(folder, 'in.jsonl'),
    [
      'name three long rivers of northern Spain',
      'name three long rivers of southern Spain',
      'sort these seven words by their second letter',
      'sort these seven numbers by their second digit',
    ].map((instruction) => ({ instruction, output: 'x' })),
  )
})

describe('filter-replay', () => {
  it('a file: what each threshold keeps, in numbers and in words', async () => {
    const replay = JSON.parse(await answer('filter-replay', 'in.jsonl', '--thresholds', '0.6,0.7,0.8,0.85,0.9', '--json'))
    expect(replay).toMatchObject({ run: null, known: 0, candidates: 4, rejectedBefore: 0, recorded: null })
    expect(replay.thresholds.map(({ kept: own }: { kept: number }) => own)).toEqual([2, 2, 3, 3, 4])
    expect(await answer('filter-replay', 'in.jsonl', '--thresholds', '0.7')).toMatch(
      /^in\.jsonl: 4 texts .*\nROUGE-L ≤ +kept +rejected +similar +against 0\.7\n0\.7 +2 +50\.0 % +2 +0\.0 %\n/,
    )
  })

  it('a run: its own threshold gives what it kept', async () => {
    const replay = JSON.parse(await answer('filter-replay', run, '--json'))
    expect(replay).toMatchObject({ run, recorded: { threshold: 0.85, kept } })
    expect(replay.thresholds).toContainEqual(expect.objectContaining({ threshold: 0.85, kept, similar: replay.candidates - kept }))
    expect(await answer('filter-replay', `./runs/${run}`)).toMatch(new RegExp(`\n0\\.85 \\(the run’s\\) +${kept} `))
  })

  it('with --report: dollars, variety and curves, as a page, as Markdown with its drawings, and as data', async () => {
    const args = ['filter-replay', run, '--thresholds', '0.7,0.85', '--report', 'out', '--size', '10', '--repetitions', '2', '--json']
    const { code, stdout, stderr } = await ask(...args)
    expect([code, stderr]).toEqual([0, expect.stringContaining(`Written: ${join(folder, 'out', 'filter-replay.html')}`)])
    const replay = JSON.parse(stdout)
    const [strict, own] = replay.thresholds
    expect(own).toMatchObject({ kept, costPerKeptUsd: replay.cost.usd / kept, diversity: { vendi: { mean: expect.any(Number) } } })
    expect(strict.costPerKeptUsd).toBeGreaterThan(own.costPerKeptUsd)
    expect(replay.quote).toContain(`the threshold 0.85 keeps ${kept} (`)
    expect(replay.diversity).toEqual({ size: 10, repetitions: 2, randomSeed: 1 })
    expect(JSON.parse(readFileSync(join(folder, 'out', 'filter-replay.json'), 'utf8'))).toEqual(replay)
    const text = readFileSync(join(folder, 'out', 'filter-replay.md'), 'utf8')
    expect(text).toContain(`| 0.85 (the run’s) | ${kept} |`)
    const drawings = [...text.matchAll(/\]\((.*?\.svg)\)/g)].map(([, name]) => name!)
    expect(drawings).toHaveLength(4)
    for (const name of drawings) expect(readFileSync(join(folder, 'out', name), 'utf8')).toMatch(/^<svg /)
    expect(readFileSync(join(folder, 'out', 'filter-replay.html'), 'utf8')).toContain(`<blockquote>${replay.quote.slice(0, 40)}`)
  })

  it('refuses thresholds that are none, options of files for runs, and names that are nothing', async () => {
    for (const [args, message] of [
      [['in.jsonl', '--thresholds', '0.7,x'], /expected a number from 0 to 1, got “x”/],
      [[run, '--against', 'in.jsonl'], /--against is for data files; /],
      [[run, '--cost', '3'], /--cost is for data files; what a run cost is in its ledger/],
      [['nowhere.jsonl'], /There is no file .*nowhere\.jsonl, and no run of that name/],
    ] as const) {
      const { code, stderr } = await ask('filter-replay', ...args)
      expect([code, stderr]).toEqual([2, expect.stringMatching(message)])
    }
  })
})

describe('metrics', () => {
  it('files and runs side by side, on subsamples of one size', async () => {
    const measured = JSON.parse(await answer('metrics', run, 'seeds.jsonl', '--size', '10', '--repetitions', '4', '--seed', '3', '--json'))
    expect(measured).toMatchObject({ size: 10, repetitions: 4, randomSeed: 3 })
    expect(measured.datasets).toEqual([
      { name: run, rows: kept, metrics: expect.objectContaining({ vendi: { mean: expect.any(Number), sd: expect.any(Number) } }) },
      expect.objectContaining({ name: 'seeds.jsonl', rows: 216 }),
    ])
  })

  it('in words: size, repetitions, mean ± sd, what each means; – where there is nothing to measure', async () => {
    const text = await answer('metrics', 'in.jsonl', '--size', '1')
    expect(text).toMatch(/^Mean ± sd over 20 subsamples of 1 texts \(random seed 1\)/)
    expect(text).toMatch(/\n +in\.jsonl \(4\)\n/)
    expect(text).toMatch(/\nvendi +1\.000 ± 0\.000\n/)
    expect(text).toMatch(/\nselfBleu +–\n/)
    expect(text).toContain('  vendi: Vendi score, ')
  })

  it('refuses a size that is not there', async () => {
    const { code, stderr } = await ask('metrics', 'in.jsonl', '--size', '5')
    expect([code, stderr]).toEqual([2, expect.stringMatching(/expected a whole number from 1 to 4, the texts in in\.jsonl; got 5/)])
  })
})
