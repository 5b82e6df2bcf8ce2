import { expect, it } from 'vitest'
import { filesNamedIn } from './named-files.ts'
import { parseConfig } from './parse-config.ts'

const named = (change: object) =>
  filesNamedIn(parseConfig({ seeds: 'seeds.jsonl', generator: 'simulated', trainer: 'none', target: { calls: 1 }, ...change }, '/here/sedi.config.yaml'))

it('names every file and folder, wherever its key is, as an absolute path', () => {
  const trainer = { id: 'python', baseModel: './model', chatTemplate: '../template.jinja' }
  expect(named({ trainer, filter: { benchmarks: ['a.jsonl', { file: '/elsewhere/b.jsonl' }] }, evaluation: { heldOut: 'test.jsonl' } })).toEqual([
    { key: 'seeds', path: '/here/seeds.jsonl' },
    { key: 'filter.benchmarks.0', path: '/here/a.jsonl' },
    { key: 'filter.benchmarks.1.file', path: '/elsewhere/b.jsonl' },
    { key: 'trainer.baseModel', path: '/here/model' },
    { key: 'trainer.chatTemplate', path: '/template.jinja' },
    { key: 'evaluation.heldOut', path: '/here/test.jsonl' },
  ])
})

it('a model that is a name and one that is an absolute path; no built-in seeds, no store', () => {
  expect(named({ seeds: 'sedi:general', trainer: { id: 'python', baseModel: 'org/model' }, store: '/somewhere' })).toEqual([])
  expect(named({ seeds: 'sedi:general', trainer: { id: 'python', baseModel: '/etc/model' } })).toEqual([{ key: 'trainer.baseModel', path: '/etc/model' }])
})
