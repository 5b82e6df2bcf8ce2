import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { embedders, moderators, providers } from '@sedi/generators'
import { trainers } from '@sedi/trainers'
import { expect, it } from 'vitest'
import * as z from 'zod'
import { programsNamedIn } from './programs-named.ts'

it('names every key that decides what is run, wherever it is, in any way to write it', () => {
  const command = { id: 'command', command: ['sh'], cancelCommand: ['sh'], job: { python: 'a parameter of the program' } }
  const scorer = { id: 'ray', baseModel: 'x', python: 'sh', localPython: 'sh', runtimeEnv: { py_executable: 'sh' } }
  const transformers = { id: 'transformers', model: 'x', modulesFrom: '.' }
  expect(programsNamedIn({ trainer: command, feedback: { scorer }, embedder: transformers, filter: { semantic: { embedder: transformers } } })).toEqual([
    ...['trainer.command', 'trainer.cancelCommand'],
    ...['feedback.scorer.python', 'feedback.scorer.localPython', 'feedback.scorer.runtimeEnv'],
    ...['embedder.modulesFrom', 'filter.semantic.embedder.modulesFrom'],
  ])
  // What cannot do without such a key, whether or not it is there.
  expect(programsNamedIn({ trainer: 'command', generator: { id: 'ai-sdk' } })).toEqual(['trainer.command', 'generator.package'])
  // Without an id, or with one that nobody has: some adapter would be chosen elsewhere.
  expect(programsNamedIn({ trainer: { python: 'sh' }, generator: { id: 'x', package: 'evil' } })).toEqual(['trainer.python', 'generator.package'])
})

it('takes no offence at an adapter that runs only what is ours, nor at what is no configuration', () => {
  const config = {
    generator: { id: 'openai', model: 'package' },
    trainer: { id: 'python', baseModel: 'command' },
    embedder: { id: 'transformers', folder: './python' },
    filter: { benchmarks: ['a.jsonl', { file: 'b.jsonl' }] },
  }
  expect(programsNamedIn(config)).toEqual([])
  expect(programsNamedIn({ trainer: null, filter: [[{ python: 1 }]], unknown: { python: 'sh' }, constructor: { runs: true } })).toEqual([])
})

type Property = { readonly type?: string; readonly enum?: readonly unknown[]; readonly runs?: true }
const telling = /command|python|interpreter|script|program|exec|binary|modules|package|plugin|hook|preload|entry|runtime|shell/i

it('no adapter has an option that sounds like a program and is not marked', () => {
  const adapters = [...Object.values(providers), ...Object.values(embedders), ...Object.values(moderators), ...Object.values(trainers)]
  const suspects = adapters.flatMap(({ id, options }) => {
    const { properties = {} } = z.toJSONSchema(options, { io: 'input' })
    return Object.entries(properties as Record<string, Property>)
      .filter(([name, { type, enum: choices }]) => telling.test(name) && choices === undefined && type !== 'boolean')
      .map(([name, { runs }]) => ({ key: `${id}.${name}`, runs }))
  })
  expect(suspects.filter(({ runs }) => runs !== true)).toEqual([])
  expect(suspects.map(({ key }) => key)).toEqual(expect.arrayContaining(['ai-sdk.package', 'command.command', 'ray.runtimeEnv']))
})

// Files of adapters that start a program, or load what is named at run time, and the marked options that decide which.
const starters = {
  'generators/src/load-package.ts': 'package, modulesFrom',
  'trainers/src/command-job/launch.ts': 'command, cancelCommand',
  'trainers/src/python-job/open-model.ts': 'python, localPython',
  'trainers/src/python-job/processes.ts': 'python',
  // Asked for by hand: `sedi trainer setup`.
  'trainers/src/python-job/set-up.ts': 'none',
}

it('what starts programs or loads modules in an adapter is known here, with the marked option that it obeys', () => {
  const packages = fileURLToPath(new URL('../../../', import.meta.url))
  const found = ['generators', 'trainers', 'evaluation', 'simulation'].flatMap((name) =>
    readdirSync(join(packages, name, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !/\.test\.ts$|fixtures/.test(file))
      .map((file) => join(name, 'src', file).replaceAll('\\', '/')),
  )
  const starting = /^import (?!type ).*\bfrom 'node:(child_process|vm|cluster)'|\bimport\((?!['"])|\brequire\((?!['"])|process\.dlopen/m
  expect(found.filter((file) => starting.test(readFileSync(join(packages, file), 'utf8'))).sort()).toEqual(Object.keys(starters))
})
