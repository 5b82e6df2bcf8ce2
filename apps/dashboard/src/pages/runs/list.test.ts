import { expect, it } from 'vitest'
import type { RunSummary } from '../../api/runs.ts'
import { matching, moneyOf, statesOf } from './list.ts'

const totals = { calls: 0, raw: 0, kept: 0, settledNanoUsd: 0, unpricedCalls: 0, openNanoUsd: 0, uncertainNanoUsd: 0, rejected: {}, steps: 0 }
const run = (runId: string, createdAt: number, change: object = {}): RunSummary =>
  ({ runId, recipe: 'sedi', state: 'done', reason: '', createdAt, totals, ...change }) as RunSummary

const runs = [
  run('run-2', 10, { recipe: 'alpaca' }),
  run('run-10', 30, { state: 'paused', totals: { ...totals, kept: 5, settledNanoUsd: 9 } }),
  run('other', 20, { totals: { ...totals, kept: 7 } }),
]
const ids = (change: object): string[] => matching(runs, { text: '', state: '', order: 'newest', ...change }).map(({ runId }) => runId)

it('finds by name or recipe and state, in the order asked for', () => {
  expect(ids({})).toEqual(['run-10', 'other', 'run-2'])
  expect(ids({ order: 'oldest' })).toEqual(['run-2', 'other', 'run-10'])
  expect(ids({ order: 'name' })).toEqual(['other', 'run-2', 'run-10'])
  expect(ids({ order: 'kept' })).toEqual(['other', 'run-10', 'run-2'])
  expect(ids({ order: 'cost' })).toEqual(['run-10', 'run-2', 'other'])
  expect(ids({ order: 'no such order' })).toEqual(ids({}))
  expect(ids({ text: ' ALPACA ' })).toEqual(['run-2'])
  expect(ids({ text: 'run-1' })).toEqual(['run-10'])
  expect(ids({ state: 'paused' })).toEqual(['run-10'])
  expect(statesOf(runs)).toEqual(['done', 'paused'])
})

it('money: unknown when one price is, nothing for each kept when none is', () => {
  expect(moneyOf({ ...totals, kept: 4, settledNanoUsd: 2e9, openNanoUsd: 1e8, uncertainNanoUsd: 2e8 })).toEqual({
    costUsd: 2,
    costPerKeptUsd: 0.5,
    uncertainUsd: expect.closeTo(0.3, 12),
  })
  expect(moneyOf({ ...totals, kept: 4, settledNanoUsd: 2e9, unpricedCalls: 1 })).toMatchObject({ costUsd: null, costPerKeptUsd: null })
  expect(moneyOf(totals)).toEqual({ costUsd: 0, costPerKeptUsd: null, uncertainUsd: 0 })
})
