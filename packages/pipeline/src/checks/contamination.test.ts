import type { Task } from '@sedi/spec'
import { describe, expect, it } from 'vitest'
import contamination from './contamination.ts'

// Questions of our own, in the manner of well-known benchmarks.
const benchmarks = [
  'Mia bakes 24 rolls every morning, eats three for breakfast and sells the rest at the market for two dollars each. How much does she make in a day?',
  'Which gas do plants take in for photosynthesis?',
  'Read the passage and pick the best answer. Passage: The old lighthouse keeper counted ships until the fog hid them all from his sight.',
  'def add_evens(numbers): return the sum of all even numbers in the list',
  'What is 7 times 8?',
  'Lena reads a chapter of her new novel every evening before she turns off the light. On Sunday she reads two chapters, because the library is closed and it rains, and on Monday none at all. The novel has thirty chapters in all. How many weeks does she need?',
].map((text, i) => ({ place: `quiz.jsonl:${i + 1}`, text }))

const find = contamination.create({ benchmarks })
async function findingOf(change: Partial<Task>): Promise<string | undefined> {
  return (await find([{ instruction: 'Solve it.', input: '', output: 'x', ...change }], { prompt: [], seeds: [] }, {}))[0]
}

describe('contamination', () => {
  it('finds thirteen words in a row, in any field, and shows them with their place', async () => {
    const finding =
      '16 words in a row of quiz.jsonl:1 in the input (55 % of the question): “eats three for breakfast and SELLS the rest at the market for two dollars each. How”'
    expect(await findingOf({ input: 'Tom eats three for breakfast and SELLS the rest at the market for two dollars each. How?' })).toBe(finding)
    expect(await findingOf({ output: `The quiz asks: ${benchmarks[0]!.text}` })).toMatch(
      /^29 words in a row of quiz\.jsonl:1 in the output \(100 % of the question\)/,
    )
  })

  it('finds thirteen words of a long question, and not twelve', async () => {
    const found = 'because the library is closed and it rains, and on Monday none at all'
    expect(await findingOf({ input: `He stayed in ${found}.` })).toMatch(/^14 words in a row of quiz\.jsonl:6 .* \(29 % of the question\)/)
    expect(await findingOf({ input: `He stayed in ${found.slice(0, -6)}.` })).toBeUndefined()
  })

  it('finds runs of eight words that cover over half of a question', async () => {
    expect(await findingOf({ instruction: 'The old lighthouse keeper counted ships until the fog hid everything.' })).toBeUndefined()
    expect(await findingOf({ input: 'def add_evens(numbers): give the sum of all even numbers in the list' })).toMatch(
      /^9 words in a row of quiz\.jsonl:4 .* \(64 % of the question\)/,
    )
  })

  it('finds questions too short for runs, and ones with a word exchanged', async () => {
    expect(await findingOf({ instruction: 'what is 7 TIMES 8' })).toBe('ROUGE-L 1.00 with quiz.jsonl:5: “what is 7 TIMES 8”')
    expect(await findingOf({ instruction: 'Answer the question.', input: 'What is 7 times 8?' })).toMatch(/^ROUGE-L 1\.00 with quiz\.jsonl:5/)
    expect(await findingOf({ instruction: 'What is 7 times 9?' })).toBeUndefined()
  })

  it('passes what only resembles a question', async () => {
    expect(await findingOf({ instruction: 'Which gas do people breathe out, and which do plants take in?' })).toBeUndefined()
    expect(await findingOf({ instruction: 'Write a story about a lighthouse keeper who counted ships in the fog.' })).toBeUndefined()
  })

  it('takes a template of many questions for none of them', async () => {
    const template = 'You are given a short passage and four options. Choose the option that completes the passage best.'
    const many = contamination.create({
      benchmarks: Array.from({ length: 12 }, (_, i) => ({
        place: `t:${i}`,
        text: `${template} Passage number ${i} is about the ${'very '.repeat(i)}distant sea.`,
      })),
    })
    expect((await many([{ instruction: template, input: 'Foxes sleep by day.', output: 'B' }], { prompt: [], seeds: [] }, {}))[0]).toBeUndefined()
  })

  it('finds nothing without benchmarks', async () => {
    const idle = contamination.create({ benchmarks: [] })
    expect(await idle([{ instruction: 'What is 7 times 8?', input: '', output: '56' }], { prompt: [], seeds: [] }, {})).toEqual([undefined])
  })
})
