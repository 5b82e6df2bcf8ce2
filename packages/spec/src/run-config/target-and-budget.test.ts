import { expect, it } from 'vitest'
import { budgetSchema } from './target-and-budget.ts'

it('a shared budget needs a name and a cap', () => {
  expect(budgetSchema.parse({ maxCostUsd: 5, shared: 'team' })).toEqual({ maxCostUsd: 5, shared: 'team' })
  expect(budgetSchema.safeParse({ shared: 'team' }).error?.issues[0]?.message).toMatch(/maxCostUsd beside shared/)
  expect(budgetSchema.safeParse({ maxCostUsd: 5, shared: ' ' }).success).toBe(false)
})
