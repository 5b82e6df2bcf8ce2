import type { Totals } from '@sedi/spec'
import { expect, it } from 'vitest'
import { projectCostUsd } from './project-cost.ts'

const totals = (over: Partial<Totals>): Totals => ({ calls: 10, followUpCalls: 0, kept: 40, settledNanoUsd: 2e9, unpricedCalls: 0, ...over }) as Totals

it('projects what a run will have cost from its pace, for whichever target comes first', () => {
  expect(projectCostUsd({ target: { calls: 100 } }, totals({}))).toBeCloseTo(20)
  expect(projectCostUsd({ target: { kept: 80 } }, totals({}))).toBeCloseTo(4)
  expect(projectCostUsd({ target: { calls: 100, kept: 80, costUsd: 3 } }, totals({}))).toBe(3)
  expect(projectCostUsd({ target: { calls: 100 } }, totals({ calls: 25, followUpCalls: 15 }))).toBeCloseTo(20)
})

it('never less than what is spent, and nothing where nothing is known', () => {
  expect(projectCostUsd({ target: { costUsd: 1.5 } }, totals({}))).toBe(2)
  expect(projectCostUsd({ target: { calls: 100 } }, totals({ calls: 0 }))).toBeNull()
  expect(projectCostUsd({ target: { calls: 100 } }, totals({ unpricedCalls: 1 }))).toBeNull()
  expect(projectCostUsd({ target: { kept: 100 } }, totals({ kept: 0 }))).toBeNull()
})
