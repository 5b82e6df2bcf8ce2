import type { Sample, Scorer } from '@sedi/spec'
import { describe, expect, it } from 'vitest'
import multipleChoice from '../evaluators/multiple-choice.ts'
import multipleChoiceNorm from '../evaluators/multiple-choice-norm.ts'
import { readChoices } from './read-choices.ts'

const item = (changes: Partial<Sample>): Sample => ({ id: 'q1', prompt: 'Which?', reference: 'B', ...changes })
const lettered = 'Read 1) and think.\n\nWhich is the capital?\nA) Porto\nB) Lisbon\n(C) Faro'

describe('options', () => {
  it.each([
    ['texts beside the prompt, named by text', item({ choices: ['Porto', 'Lisbon'], reference: ' Lisbon ' }), ['Porto', 'Lisbon'], 1],
    ['named by letter', item({ choices: ['Porto', 'Lisbon'], reference: '(b)' }), ['Porto', 'Lisbon'], 1],
    ['a text goes before a letter', item({ choices: ['B', 'A'], reference: 'B' }), ['B', 'A'], 0],
    ['lines of the prompt, asked for by letter', item({ prompt: lettered }), ['A', 'B', 'C'], 1],
    ['lines of the prompt, asked for by text', item({ prompt: lettered, reference: 'Faro' }), ['Porto', 'Lisbon', 'Faro'], 2],
    ['numbers', item({ prompt: 'Pick:\n1. red\n2. blue', reference: '2' }), ['1', '2'], 1],
    ['the last list counts', item({ prompt: '1. Read.\n2. Think.\n\na) red\nb) blue', reference: 'blue' }), ['red', 'blue'], 1],
  ])('%s', (_, sample, completions, right) => expect(readChoices(sample)).toEqual({ completions, right }))

  it.each([
    ['no reference', item({ choices: ['a', 'b'], reference: undefined })],
    ['no options', item({})],
    ['one option', item({ choices: ['Lisbon'], reference: 'Lisbon' })],
    ['two the same', item({ choices: ['Lisbon', 'Lisbon'], reference: 'Lisbon' })],
    ['a reference that is none of them', item({ choices: ['Lisbon', 'Porto'], reference: 'Braga' })],
    ['a mark that none has', item({ prompt: lettered, reference: 'D' })],
  ])('%s is refused, naming the item', (_, sample) => {
    expect(() => readChoices(sample)).toThrow(/q1/)
  })
})

describe('multiple choice', () => {
  // Log-probabilities of the options' tokens; the last one ends the answer and must not count.
  const saying = (of: Readonly<Record<string, readonly number[]>>): { readonly scorer: Scorer } => ({
    scorer: { score: async (items) => items.map(({ completion }) => ({ tokenLogprobs: of[completion] ?? [], topLogprobs: of[completion] ?? [] })) },
  })
  const long = 'the large city of Lisbon'
  const sample = item({ choices: [long, 'Porto'], reference: long })

  it('acc takes the most probable option, acc_norm the most probable for its length', async () => {
    const scorer = saying({ [long]: [-3, -3, -9], Porto: [-4, 0] })
    expect(await multipleChoice.score(sample, scorer)).toEqual({ value: 0, prediction: 'Porto', details: { logprobs: [-6, -4], chosen: 1, right: 0 } })
    expect(await multipleChoiceNorm.score(sample, scorer)).toMatchObject({ value: 1, prediction: long })
  })

  it('the first of equal ones is chosen', async () => {
    expect(await multipleChoice.score(sample, saying({ [long]: [-4, 0], Porto: [-4, 0] }))).toMatchObject({ value: 1 })
  })

  it.each([
    ['nothing', []],
    ['only the end', [-1]],
    ['NaN', [Number.NaN, -1]],
  ])('a scorer that says %s about an option is a failure', async (_, logprobs) => {
    await expect(multipleChoice.score(sample, saying({ [long]: [-1, -1], Porto: logprobs }))).rejects.toMatchObject({ code: 'provider-response' })
  })

  it('needs a scorer', async () => expect(multipleChoice.score(sample, {})).rejects.toMatchObject({ code: 'unsupported' }))
})
