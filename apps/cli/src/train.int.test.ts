import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { sediInside } from './fixtures/sedi-inside.ts'
import { testFolder, writeJsonLines } from './fixtures/test-folder.ts'

let folder: string
beforeEach(() => {
  folder = testFolder()
  const words = ['sun', 'rain', 'river', 'stone', 'cloud', 'field', 'house', 'night', 'bread', 'glass', 'paper', 'wheel']
  writeJsonLines(
    join(folder, 'rows.jsonl'),
    words.map((word, i) => ({ id: `e${i}`, instruction: `Say ${word}.`, output: word })),
  )
})

const small = ['--batch-size', '4', '--learning-rate', '0.003', '--set', 'trainer.layers=1', '--set', 'trainer.width=16', '--set', 'training.maxLength=64']

const train = (args: readonly string[], stop?: AbortSignal) => sediInside(['train', ...args], { cwd: folder, isTerminal: true, ...(stop && { stop }) })

const lines = (path: string) =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

it('trains on composed batches, tells every step, and finds the model when called again', async () => {
  const { code, stdout, stderr } = await train(['rows.jsonl', ...small, '--epochs', '4', '--json'])
  expect(code, stderr).toBe(0)
  const trained = JSON.parse(stdout)
  expect(trained).toMatchObject({ trainer: 'embedded', rows: 12, steps: 12, warnings: [], name: expect.stringMatching(/^rows-[0-9a-f]{8}$/) })
  expect(existsSync(trained.location)).toBe(true)
  expect(stderr).toMatch(/12 rows in 12 batches of 4 \(round-robin\)/)
  expect(stderr).toMatch(/step 12\/12 · loss \d/)
  const steps = lines(trained.stepsFile)
  expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1))
  for (let epoch = 0; epoch < 4; epoch++) {
    const seen = steps.slice(3 * epoch, 3 * epoch + 3).flatMap(({ exampleIds }) => exampleIds)
    expect(seen.toSorted()).toEqual(Array.from({ length: 12 }, (_, i) => `e${i}`).toSorted())
  }
  expect([steps[0].loss, steps.at(-1).loss]).toEqual([trained.firstLoss, trained.lastLoss])

  const written = readFileSync(trained.location)
  const again = await train(['rows.jsonl', ...small, '--epochs', '4', '--json'])
  expect([again.code, JSON.parse(again.stdout)]).toEqual([0, trained])
  expect(readFileSync(trained.location)).toEqual(written)
  const other = JSON.parse((await train(['rows.jsonl', ...small, '--epochs', '1', '--seed', '2', '--json'])).stdout)
  expect(other.name).not.toBe(trained.name)
  expect(other.steps).toBe(3)
})

it('pauses when stopped and goes on with the same command, to the same model', async () => {
  const args = ['rows.jsonl', ...small, '--epochs', '24', '--set', 'trainer.checkpointEverySteps=5', '--json']
  const calm = JSON.parse((await train([...args, '--out', 'calm'])).stdout)
  const stop = new AbortController()
  const file = join(folder, 'models', `${calm.name}.steps.jsonl`)
  const watch = setInterval(() => {
    if (existsSync(file) && readFileSync(file, 'utf8').split('\n').length > 3) stop.abort()
  }, 2)
  const paused = await train(args, stop.signal)
  clearInterval(watch)
  expect([paused.code, paused.stderr]).toEqual([3, expect.stringMatching(/Paused\. Finished steps are kept; the same command goes on/)])
  expect(lines(file).length).toBeLessThan(72)
  const { code, stdout } = await train(args)
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ ...calm, location: expect.any(String), stepsFile: file })
  expect(lines(file)).toEqual(lines(calm.stepsFile))
})

it.each([
  [['rows.jsonl', '--set', 'generator.id=openai'], 2, /expected a key under trainer, training or batches/],
  [['rows.jsonl', '--set', 'trainer.rank=4'], 2, /trainer\.rank: unknown key/],
  [['rows.jsonl', '--set', 'training.stepsPerRound=4'], 2, /Use --epochs/],
  [['rows.jsonl', '--trainer', 'nobody'], 2, /Allowed choices are .*embedded/],
  [['none.jsonl'], 2, /There is no file .*none\.jsonl/],
  [['empty.jsonl'], 2, /nothing to batch/],
] as const)('%j is refused before anything is started', async (args, code, message) => {
  writeFileSync(join(folder, 'empty.jsonl'), '{"instruction":"Say it."}\n')
  const done = await train(args)
  expect([done.code, done.stderr]).toEqual([code, expect.stringMatching(message)])
  expect(existsSync(join(folder, 'models'))).toBe(false)
})
