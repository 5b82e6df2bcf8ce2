import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { sedi, spawnSedi } from './fixtures/spawn-sedi.ts'
import { testFolder, writeJsonLines } from './fixtures/test-folder.ts'

// `npm run test:full` makes the environment first.
const python = join(process.env.SEDI_PYTHON_ENV ?? '', 'bin', 'python')
const pythonTests = fileURLToPath(new URL('../../../packages/trainers/python/tests', import.meta.url))

it('sedi train --trainer python: paused by Ctrl-C, the same command goes on to the losses of an undisturbed one', { timeout: 600_000 }, async () => {
  const folder = testFolder()
  const program = `import sys, pathlib; sys.path.insert(0, sys.argv[1]); from tiny import make_model; make_model(pathlib.Path(sys.argv[2]))`
  execFileSync(python, ['-c', program, pythonTests, join(folder, 'base')], { stdio: 'ignore' })
  const words = ['sun', 'rain', 'river', 'stone', 'cloud', 'field', 'house', 'night']
  writeJsonLines(
    join(folder, 'rows.jsonl'),
    words.map((word, i) => ({ id: `e${i}`, instruction: `Say ${word} twice.`, output: `${word} ${word}` })),
  )
  const set = ['method=full', 'precision=fp32', 'checkpointEverySteps=5'].flatMap((option) => ['--set', `trainer.${option}`])
  const args = [
    'train',
    'rows.jsonl',
    '--trainer',
    'python',
    '--base-model',
    './base',
    '--batch-size',
    '4',
    '--epochs',
    '200',
    '--learning-rate',
    '0.003',
    ...set,
  ]

  const calm = await sedi([...args, '--out', 'calm', '--json'], { cwd: folder })
  expect([calm.code, calm.stderr]).toEqual([0, expect.any(String)])
  const trained = JSON.parse(calm.stdout)
  expect(trained).toMatchObject({ trainer: 'python', rows: 8, steps: 400, location: join(folder, 'calm', trained.name, 'model') })
  expect(existsSync(join(trained.location, 'model.safetensors'))).toBe(true)
  expect(trained.lastLoss).toBeLessThan(trained.firstLoss)

  const file = join(folder, 'models', `${trained.name}.steps.jsonl`)
  const running = spawnSedi([...args, '--json'], { cwd: folder })
  while (!existsSync(file) || readFileSync(file, 'utf8').split('\n').length < 8) await wait(20)
  running.process.kill('SIGINT')
  expect((await running.finished).code).toBe(3)
  const resumed = await sedi([...args, '--json'], { cwd: folder })
  expect([resumed.code, resumed.stderr]).toEqual([0, expect.any(String)])
  expect(JSON.parse(resumed.stdout)).toMatchObject({ steps: 400, model: trained.model, lastLoss: trained.lastLoss })
  expect(readFileSync(file, 'utf8')).toBe(readFileSync(trained.stepsFile, 'utf8'))
})
