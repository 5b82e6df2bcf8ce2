import type { Task } from '@sedi/spec'
import { describe, expect, it } from 'vitest'
import type { CheckContext } from './check.ts'
import { checks } from './registry.gen.ts'

type Small = 'garbled' | 'placeholder' | 'script' | 'prompt-leak'
const unknown: CheckContext = { prompt: [], seeds: [] }

async function findingOf(id: Small, change: Partial<Task>, context = unknown): Promise<string | undefined> {
  const task = { instruction: 'Name a river that flows north.', input: '', output: 'The Nile', ...change }
  return (await checks[id].create({ benchmarks: [] })([task], context, {}))[0]
}

describe('garbled', () => {
  it.each([
    ['a\ufffdb', 'a replacement character (U+FFFD) in the output'],
    ['a\u0000b', 'a control character in the output'],
    ['a\u0085b', 'a control character in the output'],
    ['\ufeffa', 'a byte-order mark in the output'],
    ['a\u202eb', 'a bidirectional override in the output'],
    ['a\ud800b', 'half a character (lone surrogate) in the output'],
    ['cafÃ©', 'text decoded with the wrong encoding in the output'],
    ['donâ€™t', 'text decoded with the wrong encoding in the output'],
    ['20Â°C', 'text decoded with the wrong encoding in the output'],
    ['Ð°Ð±', 'text decoded with the wrong encoding in the output'],
  ])('finds %j', async (output, finding) => expect(await findingOf('garbled', { output })).toBe(finding))

  it.each(['Ça va, São Paulo; “IRMÔ is a sister', 'SÃO JOÃO', 'Âge', 'crème â la carte', 'ÐÑ', 'a\tb\r\nc', '👩‍👩‍👧 שלום\u200f', 'x\u200by'])(
    'passes %j',
    async (output) => expect(await findingOf('garbled', { output })).toBeUndefined(),
  )
})

describe('placeholder', () => {
  it.each([
    'N/A',
    'n/a.',
    '<nooutput>',
    'No output',
    'TODO',
    '...',
    '…',
    '-',
    '[Your answer here]',
    '{{answer}}',
    '<output>',
    '```python\n```',
    'Lorem ipsum dolor sit amet.',
    'Dear [insert name], thank you.',
    'Hi <your name>!',
  ])('finds %j', async (output) => expect(await findingOf('placeholder', { output })).toMatch(/placeholder|to be filled in/))

  it.each([
    { output: 'None' },
    { output: '[3, 1, 2]' },
    { output: 'No' },
    { output: '' },
    { output: 'An array such as [1, 2] has two items.' },
    { instruction: 'Write a letter template for a late parcel.', output: 'Dear [insert name], your parcel is late.' },
    { instruction: 'Which HTML tag begins a paragraph?', output: '<p>' },
    { instruction: 'Is the cell N/A or filled?', output: 'N/A' },
    { instruction: 'Replace [your city] in the text.', input: 'I live in [your city].', output: 'I live in Oslo, not [your city].' },
  ])('passes %j', async (change) => expect(await findingOf('placeholder', change)).toBeUndefined())
})

describe('script', () => {
  const latin: CheckContext = { prompt: [], seeds: [{ instruction: 'Name a river.', input: '', output: 'Ebro' }] }

  it('finds an instruction in a script that no seed shown is in', async () => {
    const finding = 'the instruction is written in Cyrillic, the seeds shown are in Latin'
    expect(await findingOf('script', { instruction: 'Назови реку на севере.' }, latin)).toBe(finding)
    expect(await findingOf('script', { instruction: '北に流れる川の名前を挙げてください。' }, latin)).toMatch(/Chinese or Japanese/)
  })

  it.each<[string, Partial<Task>, CheckContext]>([
    ['another language in the input and output', { input: 'Назови реку', output: '川' }, latin],
    ['a quoted word', { instruction: 'What does the Russian word «река» mean?' }, latin],
    ['no letters at all', { instruction: '2 + 2 = ?' }, latin],
    ['what no seed is known for', { instruction: 'Назови реку.' }, unknown],
    [
      'a script that one of the seeds has',
      { instruction: 'Назови реку.' },
      { prompt: [], seeds: [...latin.seeds, { instruction: 'Как дела?', input: '', output: '' }] },
    ],
  ])('passes %s', async (_, change, context) => expect(await findingOf('script', change, context)).toBeUndefined())
})

describe('prompt-leak', () => {
  const seed: Task = { instruction: 'Sort the seven dwarfs by the length of their beards.', input: '', output: 'Doc first' }
  const context: CheckContext = {
    prompt: [
      `Continue the list. A text-only model must be able to do it: nothing to look at, hear, open or search for.\n1. Instruction: ${seed.instruction}\n1. Output: Doc first`,
    ],
    seeds: [seed],
  }

  it('finds the prompt’s rules in any field', async () => {
    const rule = 'Rules: a text-only model must be able to do it, nothing to look at.'
    expect(await findingOf('prompt-leak', { output: rule }, context)).toBe(
      '14 words of the prompt in the output: “a text-only model must be able to do it, nothing to look at”',
    )
    expect(await findingOf('prompt-leak', { instruction: rule }, context)).toMatch(/in the instruction/)
  })

  it.each<[string, Partial<Task>, CheckContext]>([
    ['seven words of it', { output: 'a text-only model must be able' }, context],
    ['a repeated seed: that is for similarity', { instruction: seed.instruction }, context],
    ['everything where the prompt is not known', { output: 'nothing to look at, hear, open or search for' }, unknown],
  ])('passes %s', async (_, change, where) => expect(await findingOf('prompt-leak', change, where)).toBeUndefined())
})
