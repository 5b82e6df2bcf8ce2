import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { sedi } from './fixtures/spawn-sedi.ts'
import { testFolder, writeJsonLines } from './fixtures/test-folder.ts'

let folder: string
beforeAll(() => {
  folder = testFolder()
})

const filter = (...args: string[]) => sedi(['filter', ...args], { cwd: folder })
const read = (name: string): string => readFileSync(join(folder, name), 'utf8')

it('keeps at 0.85 unless told otherwise, at 0.7 less', async () => {
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
  const usual = await filter('in.jsonl')
  expect([usual.code, usual.stdout]).toEqual([
    0,
    expect.stringMatching(/^3 of 4 rows kept \(75\.0 %\) at ROUGE-L ≤ 0\.85; rejected: similar 1, heuristic 0, malformed 0; /),
  ])
  expect(JSON.parse((await filter('in.jsonl', '--threshold', '0.7', '--json')).stdout)).toMatchObject({ read: 4, kept: 2, threshold: 0.7 })
})

it('names the first ten broken rows on stderr and counts the rest', async () => {
  writeFileSync(join(folder, 'broken.jsonl'), `${'{broken\n'.repeat(13)}{"instruction":"Name a river.","output":"Ebro"}`)
  const { code, stdout, stderr } = await filter('broken.jsonl', '--json')
  expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ read: 14, kept: 1, rejected: { similar: 0, heuristic: 0, malformed: 13 } })])
  expect(stderr.match(/broken\.jsonl:\d+: not valid JSON/g)).toHaveLength(10)
  expect(stderr).toMatch(/… and 3 more broken rows\./)
})

it('writes over nothing that it reads, and mixes no outputs', async () => {
  writeJsonLines(join(folder, 'precious.jsonl'), [{ instruction: 'Name a river.', output: 'Ebro' }])
  symlinkSync('precious.jsonl', join(folder, 'link.jsonl'))
  const before = read('precious.jsonl')
  for (const [args, message] of [
    [['--out', 'precious.jsonl'], /--out and the input are the same file/],
    [['--rejects', './precious.jsonl'], /--rejects and the input are the same file/],
    [['--out', 'link.jsonl'], /--out and the input are the same file/],
    [['--against', 'seeds.jsonl', '--out', 'seeds.jsonl'], /--out and --against are the same file/],
    [['--out', 'a.jsonl', '--rejects', 'a.jsonl'], /--out and --rejects are the same file/],
    [['--out', '-', '--json'], /--json and --out - both want stdout/],
  ] as const) {
    const { code, stderr } = await filter('precious.jsonl', ...args)
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)])
  }
  expect(read('precious.jsonl')).toBe(before)
})

it('leaves an older result alone when it cannot begin', async () => {
  writeFileSync(join(folder, 'result.jsonl'), 'yesterday')
  for (const args of [['nowhere.jsonl'], ['seeds.jsonl', '--heuristics', 'none-such'], ['seeds.jsonl', '--against', 'nowhere.jsonl']]) {
    expect((await filter(...args, '--out', 'result.jsonl')).code).toBe(2)
  }
  expect(read('result.jsonl')).toBe('yesterday')
})

it('leaves older results alone when it fails midway', async () => {
  const good = { instruction: 'Name a river.', output: 'Ebro' }
  writeFileSync(join(folder, 'half.jsonl'), `${JSON.stringify(good)}\n${JSON.stringify(good)}\n{broken\n`)
  for (const name of ['kept-before.jsonl', 'rejected-before.jsonl']) writeFileSync(join(folder, name), 'yesterday')
  const failed = await filter('half.jsonl', '--strict', '--out', 'kept-before.jsonl', '--rejects', 'rejected-before.jsonl')
  expect([failed.code, failed.stderr]).toEqual([2, expect.stringContaining('half.jsonl:3')])
  expect([read('kept-before.jsonl'), read('rejected-before.jsonl')]).toEqual(['yesterday', 'yesterday'])
  expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([])
})

it('writes an empty file when nothing is kept', async () => {
  writeFileSync(join(folder, 'empty.jsonl'), '')
  writeFileSync(join(folder, 'kept.jsonl'), 'yesterday')
  expect((await filter('empty.jsonl', '--out', 'kept.jsonl')).code).toBe(0)
  expect(read('kept.jsonl')).toBe('')
})
