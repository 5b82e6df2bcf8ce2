import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { sediInside } from './fixtures/sedi-inside.ts'
import { sedi } from './fixtures/spawn-sedi.ts'
import { testFolder } from './fixtures/test-folder.ts'

let folder: string
beforeAll(() => {
  folder = testFolder()
})

/** In this process, for speed; the first test starts the real command. */
const batch = (...args: string[]) => sediInside(['batch', ...args], { cwd: folder })

const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
const lines = (name: string) =>
  read(name)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

it('writes a line with ids for each batch, every row once per epoch, and compares with random order', async () => {
  const rows = lines('seeds.jsonl').length
  const { code, stdout, stderr } = await sedi(['batch', 'seeds.jsonl', '--size', '8', '--out', 'batches.jsonl'], { cwd: folder })
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(new RegExp(`^${rows} instructions in ${Math.ceil(rows / 8)} batches of 8`))
  expect(stdout).toMatch(/^ +round-robin +random order\nbatch diversity +0\.\d{4} +0\.\d{4}\nconflicts per batch +\d+\.\d\d +\d+\.\d\d$/m)
  const written = lines('batches.jsonl')
  expect(written.map(({ step }) => step)).toEqual(Array.from({ length: Math.ceil(rows / 8) }, (_, i) => i + 1))
  expect(new Set(written.flatMap(({ ids }) => ids)).size).toBe(rows)

  const { code: again, stdout: json } = await batch('seeds.jsonl', '--size', '8', '--seed', '1', '--conflict-limit', '--json')
  expect([again, JSON.parse(json)]).toEqual([
    0,
    expect.objectContaining({ rows, batches: written.length, settings: expect.objectContaining({ conflictLimit: true }) }),
  ])
})

it('--for writes a folder, and says on stdout what the trainer cannot keep', async () => {
  const { code, stdout } = await batch('seeds.jsonl', '--size', '8', '--for', 'mlx-lm', '--out', 'mlx', '--base-model', 'acme/model')
  expect(code).toBe(0)
  expect(stdout).toMatch(/mlx-lm does NOT keep the batches/)
  expect(stdout).toMatch(/What mlx-lm cannot keep:\n {2}- The batches\./)
  expect([read('mlx/lora.yaml'), existsSync(join(folder, 'mlx/README.md'))]).toEqual([expect.stringContaining('model: acme/model'), true])
  const json = await batch('seeds.jsonl', '--size', '8', '--for', 'trl', '--out', 'trl', '--json')
  expect(JSON.parse(json.stdout).export).toMatchObject({
    trainer: 'trl',
    keepsBatches: true,
    leftOut: { batches: 0, rows: 0 },
    command: expect.stringContaining('train.py'),
  })
})

it('never replaces its input', async () => {
  symlinkSync(join(folder, 'seeds.jsonl'), join(folder, 'same.jsonl'))
  const before = read('seeds.jsonl')
  for (const out of ['seeds.jsonl', 'same.jsonl']) expect((await batch('seeds.jsonl', '--out', out)).code).toBe(2)
  writeFileSync(join(folder, 'train.jsonl'), before)
  const { code, stderr } = await batch('train.jsonl', '--for', 'trl', '--out', '.')
  expect([code, stderr]).toEqual([2, expect.stringMatching(/--out and the input are the same file/)])
  expect([read('seeds.jsonl'), read('train.jsonl')]).toEqual([before, before])
})

it.each([
  [['seeds.jsonl', '--for', 'trl'], 2, /Add --out FOLDER/],
  [['seeds.jsonl', '--rows-per-device', '4'], 2, /Add --for/],
  [['seeds.jsonl', '--for', 'unsloth', '--out', 'x'], 2, /Allowed choices are axolotl, llama-factory, mlx-lm, trl/],
  [['seeds.jsonl', '--size', '8', '--for', 'trl', '--out', 'x', '--rows-per-device', '3'], 2, /divides the batch size of 8/],
  [['none.jsonl'], undefined, /There is no file .*none\.jsonl, and no run of that name/],
] as const)('%j is refused', async (args, code, message) => {
  const { code: got, stderr } = await batch(...args)
  expect(stderr).toMatch(message)
  if (code === undefined) expect(got).not.toBe(0)
  else expect(got).toBe(code)
  expect(existsSync(join(folder, 'x'))).toBe(false)
})
