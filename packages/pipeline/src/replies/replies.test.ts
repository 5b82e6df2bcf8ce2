import { describe, expect, it } from 'vitest'
import type { Reply } from '../strategies/strategy.ts'
import { cleanReply } from './clean-reply.ts'
import { readAnswers } from './read-answers.ts'
import { readClassification, readInstance } from './read-instance.ts'
import { readInstructions } from './read-instructions.ts'
import { readTasks } from './read-tasks.ts'

const draft = (instruction: string, input = '') => ({ instruction, input, output: '' })
const stop = (text: string) => ({ text, finishReason: 'stop' as const })
const cut = (text: string) => ({ text, finishReason: 'length' as const })

describe('cleanReply', () => {
  it.each([
    ['a thought before the reply', '<think>Let me see.\n4. Instruction: no</think>\n\nThe reply', 'The reply'],
    ['two thoughts', '<think>a</think><thinking>b</thinking>c', 'c'],
    ['a thought whose opening mark is missing', 'Hm, let me see.\n</think>The reply', 'The reply'],
    ['a thought that never ended', '<think>Hm, 4. Instruction: x', ''],
    ['NUL and byte order mark', '\uFEFFa\u0000b', 'ab'],
    ['a fence around everything', 'Sure!\n```markdown\n4. Instruction: x\n```\nBye', '4. Instruction: x'],
  ])('drops %s', (_, text, wanted) => {
    expect(cleanReply(text).trim()).toBe(wanted)
  })

  it('leaves fences and marks inside tasks alone', () => {
    for (const text of ['4. Output:\n```js\nx\n```\n5. Instruction: y', 'What does <think> mean?', '4. Instruction: Explain </b>.\n```\ncode\n```']) {
      expect(cleanReply(text)).toBe(text)
    }
  })
})

describe('readTasks', () => {
  const fields = ['instruction', 'input', 'output'] as const
  const task = { instruction: 'Add.', input: '1 2', output: '3' }

  it('reads JSON where labels were asked for, and labels where JSON was', () => {
    const labelled = '4. Instruction: Add.\n4. Input:\n1 2\n4. Output:\n3'
    const json = `Here you are:\n\`\`\`json\n{"tasks": [${JSON.stringify(task)},]}\n\`\`\``
    for (const format of ['text', 'json'] as const) {
      for (const text of [labelled, json]) expect(readTasks(stop(text), format, fields)).toEqual([{ ok: true, task }])
    }
  })

  it('counts each broken object once, with what is wrong', () => {
    const text = `{"tasks": [${JSON.stringify(task)}, {"instruction": "", "output": "x"}, {"instruction": "No output.", "input": null}, {"task": "?"}, {"instruction": "Cut`
    const items = readTasks(cut(text), 'json', fields)
    expect(items.map((item) => (item.ok ? 'ok' : `${item.reason}: ${item.problem}`))).toEqual([
      'ok',
      'malformed: empty instruction',
      'malformed: empty output',
      'truncated: the object does not come to an end',
    ])
  })

  it('takes numbers and lists as text', () => {
    const [item] = readTasks(stop('{"instruction": "Count.", "input": ["a", "b"], "output": 2}'), 'json', fields)
    expect(item).toEqual({ ok: true, task: { instruction: 'Count.', input: '["a","b"]', output: '2' } })
  })

  it('ends a field at a separator or at the heading of the next task, not at a heading of its own', () => {
    const reply =
      '### Task 4\n4. Instruction: A.\n4. Input:\n<noinput>\n4. Output:\n### Title\nText\n\n### Task 5\n5. Instruction: B.\n5. Input:\nN/A\n5. Output:\ny\n###\nmore talk'
    expect(readTasks(stop(reply), 'text', fields)).toEqual([
      { ok: true, task: { instruction: 'A.', input: '', output: '### Title\nText' } },
      { ok: true, task: { instruction: 'B.', input: '', output: 'y' } },
    ])
  })

  it('takes time in proportion to the text', () => {
    for (const piece of ['\n', ' ', '4.', '###\n', '**', '\n###', '{"', '4. 4. ', '\n4. Instruction:', '```\n'])
      readTasks(stop(piece.repeat(60_000)), 'text', fields)
  })
})

describe('readInstructions', () => {
  const read = (text: string) => readInstructions(stop(text), 'text').map((item) => (item.ok ? item.task : item.problem))

  it('reads numbers in brackets and the inputs below', () => {
    expect(read('Sure!\n\n[4] Add the numbers.\nInput: 1 2\n[5] Name a fruit.\n[6] Number the lines.\nInput: 1. a\n2. b\n[1] note')).toEqual([
      draft('Add the numbers.', '1 2'),
      draft('Name a fruit.'),
      draft('Number the lines.', '1. a\n2. b'),
      draft('note'),
    ])
  })

  it.each([
    ['plain numbers, lists inside left alone', '9. Sort this.\nInput: 1. b\n2. a\n10. Greet.', [draft('Sort this.', '1. b\n2. a'), draft('Greet.')]],
    ['bold numbers and labels', '**9.** **Instruction:** Greet.\n**10)** Part.', [draft('Greet.'), draft('Part.')]],
    ['the same number each time', '1. Greet.\n1. Part.\n1. Sing.', [draft('Greet.'), draft('Part.'), draft('Sing.')]],
    ['a number left out', '9. Greet.\nSing.\n11. Part.', ['number 10 is missing: this may be two tasks', draft('Part.')]],
    ['answers nobody asked for', '[4] Greet.\nOutput: Hello\n[5] Add.\nInput: 1 2\nAnswer: 3', [draft('Greet.'), draft('Add.', '1 2')]],
    [
      'labels as in Alpaca',
      '4. Instruction: Add.\n4. Input:\n1 2\n4. Output:\n3\n5. Instruction: Greet.\n5. Input:\n<noinput>\n5. Output:\nHi',
      [draft('Add.', '1 2'), draft('Greet.')],
    ],
    ['objects', '{"tasks": [{"instruction": "Add.", "input": "1 2"}]}', [draft('Add.', '1 2')]],
  ])('reads %s', (_, text, wanted) => {
    expect(read(text)).toEqual(wanted)
  })

  it('says what is wrong with the rest', () => {
    expect(read('[4]\n[5] Greet.\n[6] Input: x')).toEqual(['empty instruction', draft('Greet.'), 'empty instruction'])
    expect(read('I cannot do that.')).toEqual(['no numbered task'])
    expect(read('')).toEqual([])
    expect(readInstructions(cut('[4] Greet.\n[5] Wri'), 'text').map((item) => (item.ok ? 'ok' : item.reason))).toEqual(['ok', 'truncated'])
  })
})

describe('readAnswers', () => {
  const tasks = [draft('A.'), draft('B.', 'x'), draft('C.')]
  const read = (text: string, reply: (text: string) => Reply = stop) =>
    readAnswers(reply(text), tasks).map((item) => (item.ok ? item.task.output : `${item.reason}: ${item.problem}`))

  it('joins answers to tasks by number', () => {
    expect(read('Here:\n[2] two\nlines\n[1] one\n[3]\nthree')).toEqual(['one', 'two\nlines', 'three'])
    expect(read('1. one\n2. two\n3. three')).toEqual(['one', 'two', 'three'])
    expect(read('{"answers": [{"number": 3, "answer": "three"}, {"number": "1", "answer": 1}]}')).toEqual(['1', 'malformed: no answer numbered 2', 'three'])
    expect(readAnswers(stop('[1] one\n[2] Answer: two\n[3] three'), tasks)[1]).toEqual({ ok: true, task: { instruction: 'B.', input: 'x', output: 'two' } })
  })

  it('leaves out what is missing, empty, cut or repeated', () => {
    expect(read('[1] one\n[2]\n[1] again\n[3] three')).toEqual(['one', 'malformed: empty answer', 'three'])
    expect(read('[1] one\ntwo\n[3] three')).toEqual(['malformed: number 2 is missing: this may be two answers', 'malformed: no answer numbered 2', 'three'])
    expect(read('[1] one\n[2] tw', cut)).toEqual([
      'one',
      'truncated: the reply ended at its length limit inside this answer',
      'truncated: no answer numbered 3',
    ])
    expect(read('')).toEqual(Array(3).fill(expect.stringMatching(/^malformed: no answer/)))
  })

  it('takes the whole reply to an only task', () => {
    const only = (text: string) => readAnswers(stop(text), [draft('A.')]).map((item) => (item.ok ? item.task.output : item.problem))[0]
    expect(only(' Paris\n')).toBe('Paris')
    expect(only('Answer: Paris')).toBe('Paris')
    expect(only('[1] Paris')).toBe('Paris')
    expect(only('1. eggs\n2. milk')).toBe('1. eggs\n2. milk')
    expect(only('')).toBe('empty answer')
  })
})

describe('readInstance', () => {
  const task = draft('Add.')
  const read = (text: string, labelFirst = false) => {
    const item = readInstance(stop(text), task, labelFirst)
    return item.ok ? [item.task.input, item.task.output] : item.problem
  }

  it('continues the prompt’s last label, or repeats it', () => {
    expect(read(' 1 2\nOutput: 3')).toEqual(['1 2', '3'])
    expect(read('Sure.\nInput: 1 2\nOutput: 3\nInput: 4 5\nOutput: 9')).toEqual(['1 2', '3'])
    expect(read(' <noinput>\n**Output:** 3')).toEqual(['', '3'])
    expect(read(' positive\nInput: Good soup.', true)).toEqual(['Good soup.', 'positive'])
    expect(read('Label: positive\nInput: Good soup.', true)).toEqual(['Good soup.', 'positive'])
  })

  it('says what is missing', () => {
    expect(read('I cannot.')).toBe('expected an input and an output')
    expect(read(' 1 2\nOutput:')).toBe('empty output')
    expect(readInstance(cut(' 1 2\nOutput: thr'), task, false)).toMatchObject({ ok: false, reason: 'truncated' })
  })

  it('takes a yes for a classification task, anything else for none', () => {
    expect([' Yes', 'yes.', '**Yes**', 'Classification: Yes'].map((text) => readClassification(stop(text)))).toEqual([true, true, true, true])
    expect(['No', '', 'Maybe yes', 'Yesterday', '<think>Yes'].map((text) => readClassification(stop(text)))).toEqual([false, false, false, false, false])
  })
})
