import { expect, it } from 'vitest'
import { proposeModel } from './propose-model.ts'

it.each<[readonly string[] | undefined, readonly string[], string | undefined]>([
  [undefined, [], undefined],
  [undefined, ['a', 'b'], 'a'],
  [[], ['a'], undefined],
  [['gpt-4.1-mini', 'gpt-4o-mini'], ['gpt-5-mini', 'gpt-4o-mini'], 'gpt-4o-mini'],
  [['nomic-embed-text:latest', 'llama3.2:3b', 'qwen3:8b-instruct'], [], 'qwen3:8b-instruct'],
  [['whisper-large-v3', 'llama-guard-4', 'llama-3.3-70b-versatile'], [], 'llama-3.3-70b-versatile'],
  [['mistral-ocr-latest', 'mistral-moderation-latest', 'magistral'], [], 'magistral'],
  [['text-embedding-3-small'], [], undefined],
])('of %j, with %j known: %s', (models, wellKnown, proposed) => {
  expect(proposeModel(models, wellKnown)).toBe(proposed)
})
