import { expect, it } from 'vitest'
import { createRetryBudget } from './retry-budget.ts'

it('gives fifty retries at first, then one per answer, and saves no more than 200', () => {
  const budget = createRetryBudget()
  const takeAll = (): number => {
    let taken = 0
    while (budget.take()) taken++
    return taken
  }
  expect(takeAll()).toBe(50)
  budget.answered()
  expect(takeAll()).toBe(1)
  for (let answers = 0; answers < 1000; answers++) budget.answered()
  expect(takeAll()).toBe(200)
})
