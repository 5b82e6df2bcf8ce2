import { type EvalContext, type GenerateRequest, SediError, type TextGenerator } from '@sedi/spec'
import { describe, expect, it } from 'vitest'
import exactMatch from './exact-match.ts'

const sample = { id: 'test-1', prompt: 'Add 19 and 23.', reference: '42' }

/** A student that says this; what it was asked is in `asked`. */
function saying(text: string): { readonly generator: TextGenerator; readonly asked: GenerateRequest[] } {
  const asked: GenerateRequest[] = []
  const usage = { inputTokens: undefined, outputTokens: undefined }
  const generator: TextGenerator = {
    specVersion: 1,
    provider: 'test',
    modelId: 'student',
    async generate(request) {
      asked.push(request)
      return { text, finishReason: 'stop', usage, modelId: 'student', warnings: [], raw: {} }
    },
  }
  return { generator, asked }
}

const scoring = (tokenLogprobs: readonly number[], topLogprobs: readonly number[]): EvalContext => ({
  scorer: { score: async () => [{ tokenLogprobs, topLogprobs }] },
})

const codeOf = (error: unknown): string => (SediError.is(error) ? error.code : String(error))

describe('exact-match from a generated answer', () => {
  it.each([
    ['42', '42', 1],
    [' 42\n', '42', 1],
    ['42', '42 ', 1],
    ['42.', '42', 0],
    ['The answer is 42', '42', 0],
    ['tagus', 'Tagus', 0],
    ['a  b', 'a b', 0],
    ['', '42', 0],
  ])('%j for %j scores %d: the ends are trimmed, nothing else is', async (text, reference, value) => {
    expect(await exactMatch.score({ ...sample, reference }, saying(text))).toEqual({ value, prediction: text })
  })

  it('asks for the greedy answer, with room for the whole reference', async () => {
    const { generator, asked } = saying('42')
    await exactMatch.score(sample, { generator })
    expect(asked).toEqual([{ messages: [{ role: 'user', content: sample.prompt }], maxOutputTokens: 40, temperature: 0 }])
  })
})

describe('exact-match by teacher forcing', () => {
  it('is 1 when every token of the reference is a most probable one, ties included, and then shows the answer', async () => {
    expect(await exactMatch.score(sample, scoring([-0.1, -0.7], [-0.1, -0.7]))).toEqual({ value: 1, prediction: '42' })
  })

  it('is 0 when one token is not, the last one included', async () => {
    expect(await exactMatch.score(sample, scoring([-0.9, -0.7], [-0.1, -0.7]))).toEqual({ value: 0 })
    expect(await exactMatch.score(sample, scoring([-0.1, -0.8], [-0.1, -0.7]))).toEqual({ value: 0 })
  })

  it('is preferred to generating', async () => {
    const { generator, asked } = saying('41')
    expect(await exactMatch.score(sample, { generator, ...scoring([-1], [-1]) })).toMatchObject({ value: 1 })
    expect(asked).toEqual([])
  })

  it.each([
    ['no result', []],
    ['no tokens', [{ tokenLogprobs: [], topLogprobs: [] }]],
    ['lists of two lengths', [{ tokenLogprobs: [-1, -1], topLogprobs: [-1] }]],
  ])('%s is a failure and not a score of 0', async (_, result) => {
    const failure = exactMatch.score(sample, { scorer: { score: async () => result } })
    await expect(failure.catch(codeOf)).resolves.toBe('provider-response')
  })
})

it('needs a reference, and a model to ask', async () => {
  const { reference: _, ...without } = sample
  expect(await exactMatch.score(without, saying('42')).catch(codeOf)).toBe('invalid-input')
  expect(await exactMatch.score(sample, {}).catch(codeOf)).toBe('unsupported')
})
