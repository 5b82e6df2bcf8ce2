import { describe, expect, it } from 'vitest'
import { taskOfRecord } from './task-of-record.ts'

describe('taskOfRecord', () => {
  it.each([
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
    ],
  ])('reads %s', (_, record, task) => {
    expect(taskOfRecord(record)).toEqual({ task })
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
