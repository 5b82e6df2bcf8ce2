import { join } from 'node:path'
import { presets } from '@sedi/generators'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { parseConfig, type RawConfig } from '../config/parse-config.ts'
import { configText, initTrainers, type ProjectChoices } from './config-text.ts'

const origin = join(import.meta.dirname, 'sedi.config.yaml')
const teachers: readonly Partial<ProjectChoices>[] = [
  { teacher: 'simulated', maxCostUsd: 2 },
  { teacher: 'openai', model: 'gpt-5-mini', maxCostUsd: 2 },
  { teacher: 'openai', model: 'gpt-9', maxTokens: 1000 },
  { teacher: 'compatible', model: 'my: "odd" #model', baseUrl: 'http://127.0.0.1:8000/v1' },
  { teacher: 'azure', model: 'deployment', baseUrl: 'https://x.openai.azure.com/openai/v1' },
  ...Object.keys(presets).map((teacher) => ({
    teacher,
    model: 'llama3.2:3b',
    ...(presets[teacher as keyof typeof presets].baseUrl === undefined ? { baseUrl: 'https://a.example/v1' } : {}),
  })),
]
const choices = teachers.flatMap((teacher) =>
  initTrainers.map((trainer): ProjectChoices => ({ teacher: '', kept: 500, seeds: './seeds.jsonl', ...teacher, trainer, baseModel: 'Qwen/Qwen2.5-0.5B' })),
)

const read = (text: string) => parseConfig(parse(text) as RawConfig, origin)

it.each(choices)('for $teacher $model and the trainer $trainer it is a configuration that says what was chosen', (chosen) => {
  const config = read(configText(chosen))
  expect(config).toMatchObject({ target: { kept: 500 }, trainer: { id: chosen.trainer }, seeds: join(import.meta.dirname, 'seeds.jsonl') })
  expect(config.generator.model).toBe(chosen.model)
  expect(config.budget).toEqual(chosen.maxCostUsd === undefined ? { maxTokens: chosen.maxTokens ?? 2_000_000 } : { maxCostUsd: 2 })
  if (chosen.baseUrl !== undefined) expect(config.generator.baseUrl).toBe(chosen.baseUrl)
})

// The other combinations say the same lines.
it.each([choices[0]!, ...choices.slice(3, 6), choices[6]!])(
  'for $teacher $model and $trainer no choice in its comments fails, or changes nothing',
  (chosen) => {
    const text = configText(chosen)
    const written = read(text)
    const offered = [...text.matchAll(/^( *)# ([a-zA-Z]+): (?=\S)/gm)]
    expect(offered.length).toBeGreaterThanOrEqual(8)
    for (const [start, indent, key] of offered) {
      const line = text.split('\n').find((one) => one.startsWith(start))!
      const without = text.replace(new RegExp(`^${indent}${key}:[^\\n]*\\n(?:${indent} +[^\\n]*\\n)*`, 'm'), '')
      const changed = without.replace(line, line.replace('# ', ''))
      expect(() => read(changed), line).not.toThrow()
      expect(read(changed), line).not.toEqual(written)
    }
  },
)

it('keeps a purpose in its comment, whatever it is', () => {
  const text = configText({ ...choices[0]!, purpose: 'first\nrecipe: none' })
  expect(text.split('\n')[0]).toBe('# Made by `sedi init` for: first recipe: none')
})
