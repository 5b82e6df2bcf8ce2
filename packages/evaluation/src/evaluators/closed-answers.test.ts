import { type Evaluator, type Sample, SediError } from '@sedi/spec'
import { expect, it } from 'vitest'
import exactMatch from './exact-match.ts'
import normalisedMatch from './normalised-match.ts'
import rougeL from './rouge-l.ts'

const item: Sample = { id: 'q1', prompt: 'Which river?' }
const value = async (evaluator: Evaluator, prediction: string, reference: string, references: readonly string[] = []) =>
  (await evaluator.score({ ...item, prediction, reference, references }, {})).value

it.each([
  ['The Tagus!', 'tagus', 1],
  ['It is the Tagus', 'tagus', 0],
  ['-5', '5', 0],
  ['?', '?', 1],
  ['?', '!', 0],
  ['', 'the', 0],
])('normalised-match: %j for %j is %d', async (prediction, reference, expected) => expect(await value(normalisedMatch, prediction, reference)).toBe(expected))

it('takes the best of several references', async () => {
  expect(await value(exactMatch, 'Tejo', 'Tagus', ['Tajo', 'Tejo'])).toBe(1)
  expect(await value(normalisedMatch, 'the tejo', 'Tagus', ['Tejo'])).toBe(1)
  // rouge_score 0.1.2: RougeScorer(['rougeL']).score_multi(['one thing', 'the cat sat'], 'the cat ran')['rougeL'].fmeasure
  expect(await value(rougeL, 'the cat ran', 'one thing', ['the cat sat'])).toBe(0.6666666666666666)
})

it('teacher forcing accepts any of the references as well', async () => {
  const scorer = {
    score: async (items: readonly { readonly completion: string }[]) =>
      items.map(({ completion }) => ({ tokenLogprobs: [completion === 'Tejo' ? -0.1 : -3], topLogprobs: [-0.1] })),
  }
  expect(await exactMatch.score({ ...item, reference: 'Tagus', references: ['Tejo'] }, { scorer })).toEqual({ value: 1, prediction: 'Tejo' })
  expect(await exactMatch.score({ ...item, reference: 'Tagus', references: ['Tajo'] }, { scorer })).toEqual({ value: 0 })
})

it.each([exactMatch, normalisedMatch, rougeL])(
  '$id scores an answer that was given earlier without asking, and does not take silence for one',
  async (evaluator) => {
    const never = { specVersion: 1, provider: 'x', modelId: 'x', generate: () => Promise.reject(new Error('asked')) } as const
    expect((await evaluator.score({ ...item, prediction: 'Tejo', reference: 'Tejo' }, { generator: never })).value).toBe(1)
    const withheld = {
      ...never,
      generate: async () => ({ text: '', finishReason: 'content-filter', usage: {}, modelId: 'x', warnings: [], raw: null }) as const,
    }
    const failure = await evaluator.score({ ...item, reference: 'Tejo' }, { generator: withheld }).catch((error: unknown) => error)
    expect(SediError.is(failure, 'content-refused')).toBe(true)
    await expect(evaluator.score({ ...item, prediction: 'Tejo' }, {})).rejects.toMatchObject({ code: 'invalid-input' })
  },
)
