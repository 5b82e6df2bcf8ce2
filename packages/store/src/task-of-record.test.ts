import { describe, expect, it } from 'vitest'
import { shapeNamed, shapeNames, shapeOf, taskOfRecord } from './task-of-record.ts'

describe('taskOfRecord', () => {
  it.each<[string, object, object, number?]>([
    ['Alpaca', { instruction: 'Add', input: '1 2', output: '3' }, { instruction: 'Add', input: '1 2', output: '3' }],
    ['Alpaca without input', { instruction: 'Greet', output: 'Hello' }, { instruction: 'Greet', input: '', output: 'Hello' }],
    [
      'Self-Instruct',
      {
        id: 's',
        instruction: 'Add',
        instances: [
          { input: '1 2', output: '3' },
          { input: '', output: '' },
        ],
      },
      { instruction: 'Add', input: '1 2', output: '3' },
    ],
    [
      'messages',
      {
        messages: [
          { role: 'user', content: 'Add 1 2' },
          { role: 'assistant', content: '3' },
        ],
      },
      { instruction: 'Add 1 2', input: '', output: '3' },
    ],
    [
      'messages with a system message',
      {
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'Add 1 2' },
          { role: 'assistant', content: '3' },
          { role: 'user', content: 'more' },
        ],
      },
      { instruction: 'Be brief.\n\nAdd 1 2', input: '', output: '3' },
      1,
    ],
    [
      'Alpaca with a system prompt',
      { system: 'Be brief.', instruction: 'Greet', output: 'Hi' },
      { instruction: 'Be brief.\n\nGreet', input: '', output: 'Hi' },
    ],
    [
      'messages in parts, with a developer message and a tool’s turn',
      {
        messages: [
          { role: 'developer', content: 'Be brief.' },
          {
            role: 'user',
            content: [
              { type: 'text', text: 'Add ' },
              { type: 'text', text: '1 2' },
            ],
          },
          { role: 'assistant', content: '3' },
          { role: 'tool', content: '{}' },
          { role: 'assistant', content: 'done' },
        ],
      },
      { instruction: 'Be brief.\n\nAdd 1 2', input: '', output: '3' },
      2,
    ],
    [
      'ShareGPT, with a greeting first',
      {
        id: 'x',
        conversations: [
          { from: 'gpt', value: 'Hello!' },
          { from: 'human', value: 'Add 1 2' },
          { from: 'gpt', value: '3' },
        ],
      },
      { instruction: 'Add 1 2', input: '', output: '3' },
    ],
    [
      'ShareGPT with a system turn',
      {
        conversations: [
          { from: 'system', value: 'Be brief.' },
          { from: 'human', value: 'Add 1 2' },
          { from: 'gpt', value: '3' },
          { from: 'human', value: 'more' },
        ],
      },
      { instruction: 'Be brief.\n\nAdd 1 2', input: '', output: '3' },
      1,
    ],
    [
      'distilabel, one generation',
      { instruction: 'Add 1 2', generation: '3', model_name: 'm', distilabel_metadata: {} },
      { instruction: 'Add 1 2', input: '', output: '3' },
    ],
    [
      'distilabel, rated generations: the best, whatever was not rated',
      { instruction: 'Add 1 2', generations: ['4', null, '3', '5'], ratings: [1, 5, 4, null] },
      { instruction: 'Add 1 2', input: '', output: '3' },
    ],
    [
      'distilabel, generations without ratings: the first',
      { instruction: 'Add 1 2', generations: [null, '3', '4'] },
      { instruction: 'Add 1 2', input: '', output: '3' },
    ],
    [
      'distilabel, a conversation (Magpie)',
      {
        conversation: [
          { role: 'user', content: 'Add 1 2' },
          { role: 'assistant', content: '3' },
        ],
        distilabel_metadata: {},
      },
      { instruction: 'Add 1 2', input: '', output: '3' },
    ],
    [
      'distilabel, messages and the generation after them',
      { messages: [{ role: 'user', content: 'Add 1 2' }], generation: '3' },
      { instruction: 'Add 1 2', input: '', output: '3' },
    ],
    [
      'OpenAI preferences: the preferred answer',
      {
        input: { messages: [{ role: 'user', content: 'Add 1 2' }], tools: [] },
        preferred_output: [{ role: 'assistant', content: '3' }],
        non_preferred_output: [{ role: 'assistant', content: '4' }],
      },
      { instruction: 'Add 1 2', input: '', output: '3' },
    ],
    ['prompt and completion', { prompt: 'Add 1 2', completion: '3' }, { instruction: 'Add 1 2', input: '', output: '3' }],
    ['question and answer', { question: 'Add 1 2', answer: '3' }, { instruction: 'Add 1 2', input: '', output: '3' }],
    [
      'prompt and completion as messages',
      { prompt: [{ role: 'user', content: 'Add 1 2' }], completion: [{ role: 'assistant', content: '3' }] },
      { instruction: 'Add 1 2', input: '', output: '3' },
    ],
    [
      'preferences with whole conversations: the chosen one',
      {
        prompt: 'Add 1 2',
        chosen: [
          { role: 'user', content: 'Add 1 2' },
          { role: 'assistant', content: '3' },
        ],
        rejected: [],
      },
      { instruction: 'Add 1 2', input: '', output: '3' },
    ],
    [
      'a prompt with a chosen reply alone',
      { prompt: 'Add 1 2', chosen: [{ role: 'assistant', content: '3' }] },
      { instruction: 'Add 1 2', input: '', output: '3' },
    ],
    [
      'columns without a value, as tables have them',
      { instruction: 'Add', input: null, output: '3', messages: null, instances: null },
      { instruction: 'Add', input: '', output: '3' },
    ],
  ])('reads %s', (_, record, task, turnsLeftOut) => {
    expect(taskOfRecord(record)).toEqual({ task, ...(turnsLeftOut === undefined ? {} : { turnsLeftOut }) })
  })

  it('reads a record as another shape when it is told to, and says what it misses', () => {
    const both = {
      instruction: 'Greet',
      output: 'Hi',
      messages: [
        { role: 'user', content: 'Add 1 2' },
        { role: 'assistant', content: '3' },
      ],
    }
    expect(taskOfRecord(both, shapeNamed('messages'))).toEqual({ task: { instruction: 'Add 1 2', input: '', output: '3' } })
    for (const shape of shapeNames) expect(taskOfRecord({ nothing: 1 }, shapeNamed(shape))).toEqual({ problem: expect.stringMatching(/expected/) })
    expect(() => shapeNamed('toString')).toThrow(/there are alpaca, distilabel/)
  })

  it('knows every shape by a record of its own', () => {
    const records = {
      alpaca: { instruction: 'x', output: 'y' },
      'self-instruct': { instruction: 'x', instances: [] },
      messages: { messages: [] },
      sharegpt: { conversations: [{ from: 'human', value: 'x' }] },
      distilabel: { instruction: 'x', generation: 'y' },
      'openai-preference': { input: { messages: [] }, preferred_output: [] },
      'prompt-completion': { prompt: 'x', completion: 'y' },
    }
    expect(Object.keys(records).sort()).toEqual([...shapeNames].sort())
    for (const [id, record] of Object.entries(records)) expect(shapeOf(record)?.id).toBe(id)
    for (const other of [{}, { text: 'x' }, null, 'x', [1]]) expect(shapeOf(other)).toBeUndefined()
  })

  it.each([
    [null, /expected an object, got null/],
    ['text', /expected an object, got string/],
    [[1], /expected an object, got an array/],
    [{}, /“instruction”, got nothing/],
    [{ instruction: '  ', output: 'x' }, /instruction is empty/],
    [{ instruction: 'x', output: 3 }, /“output”, got number/],
    [{ instruction: 'x', input: ['y'], output: 'z' }, /“input”, got an array/],
    [{ instruction: 'x', instances: [] }, /at least one instance/],
    [{ messages: [{ role: 'assistant', content: 'x' }] }, /a user message followed by/],
    [
      {
        messages: [
          { role: 'user', content: [{ type: 'image' }] },
          { role: 'assistant', content: 'x' },
        ],
      },
      /“instruction”, got an array/,
    ],
  ])('says what is wrong with %j', (record, problem) => {
    expect(taskOfRecord(record)).toEqual({ problem: expect.stringMatching(problem) })
  })
})
