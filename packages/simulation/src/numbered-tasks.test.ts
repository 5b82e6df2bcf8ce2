import { expect, it } from 'vitest'
import { readNumberedTasks, writeNumberedTask } from './numbered-tasks.ts'

const task = { instruction: 'Find the lowest number.', input: '4, 2, 9', output: '2' }

it('reads what it writes, with and without input', () => {
  const text = [writeNumberedTask(4, task), writeNumberedTask(5, { ...task, input: '' })].join('\n###\n')
  expect(readNumberedTasks(`Sure!\n###\n${text}`)).toEqual([
    { number: 4, ...task },
    { number: 5, ...task, input: '' },
  ])
})

it('keeps lines and passes over broken tasks and remarks', () => {
  const whole = writeNumberedTask(2, { ...task, input: 'a\nb' })
  expect(readNumberedTasks(`1. Instruction: no more\n###\n${whole}\n###\n3. A remark.`)).toEqual([{ number: 2, ...task, input: 'a\nb' }])
  expect(readNumberedTasks('1. Instruction: x\n1. Input:\ny\n1. Output:\n')).toEqual([])
  expect(readNumberedTasks('')).toEqual([])
})
