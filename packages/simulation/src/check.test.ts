import { createRng } from '@sedi/core'
import { expect, it } from 'vitest'
import { sameAnswer } from './check.ts'
import everyday from './universes/everyday.ts'

const { check, seedTasks } = everyday

const task = { instruction: 'For the price list: Sort these numbers from low to high: 14, 3 and 17. Thanks!', input: '', output: '3, 14, 17' }

it('judges answers whatever is said around the question', () => {
  expect(check(task)).toEqual({ verdict: 'right', reason: 'sort-numbers: the answer is "3, 14, 17"' })
  expect(check({ ...task, output: '3, 17, 14' })).toEqual({ verdict: 'wrong', reason: 'sort-numbers: expected "3, 14, 17", got "3, 17, 14"' })
  expect(check({ ...task, output: ' 3,  14, 17. ' }).verdict).toBe('right')
})

it('knows what it does not know', () => {
  for (const instruction of ['Compose a haiku about summer.', 'Sort these numbers from low to high: 14, 3 and many.', '', 'a'.repeat(1e6)]) {
    expect(check({ ...task, instruction }).verdict).toBe('unknown')
  }
  expect(check({ ...task, input: '1, 2, 3' }).verdict).toBe('unknown')
})

it('takes the longer of two questions', () => {
  const [short, long] = ['What is the opposite of hot?', 'Which season is May in, here in Europe?']
  for (const instruction of [`${short} ${long}`, `${long} ${short}`]) expect(check({ instruction, input: '', output: 'spring' }).verdict).toBe('right')
})

it('minds letter case only where it is the answer', () => {
  expect(sameAnswer('Yes.', 'yes', false)).toBe(true)
  expect(check({ instruction: 'Put this sign in capitals.', input: 'hot soup', output: 'hot soup' }).verdict).toBe('wrong')
})

it('answers quickly on any text', () => {
  const rng = createRng(1, 'check')
  const pieces = [...seedTasks.flatMap(({ instruction, input }) => [...instruction.split(' '), input]), '\n', '{', '}', '[|]', '\\', '$&', 'é', '🎈', ', and ']
  const started = performance.now()
  for (let i = 0; i < 3000; i++) {
    const text = (): string => Array.from({ length: rng.int(60) }, () => rng.pick(pieces)).join(' ')
    expect(['right', 'wrong', 'unknown']).toContain(check({ instruction: text(), input: text(), output: text() }).verdict)
  }
  for (const piece of pieces.slice(0, 200)) check({ instruction: `${piece}, `.repeat(1000), input: '', output: '' })
  expect((performance.now() - started) / 3200).toBeLessThan(50) // milliseconds each, on any machine
})
