import { expect, it } from 'vitest'
import { readMetrics } from './read-metrics.ts'

const row = (step: unknown, loss: unknown, gradNorm: unknown = 1) => ({ 'train/global_step': step, 'train/loss': loss, 'train/grad_norm': gradNorm })

it('takes every step once, whatever the order, and counts what it cannot place', () => {
  const rows = [row(3, 0.3), row(1, 0.1), { 'eval/global_step': 2, 'eval/loss': 9 }, row(1, 0.1), row(3, 0.4), row(0, 1), row(9, 1), row('2', 1), row(1.5, 1)]
  const { steps, badStep, contradicted, misplaced } = readMetrics(rows, 8)
  expect([...steps.values()]).toEqual([
    { step: 3, loss: 0.3, gradNorm: 1 },
    { step: 1, loss: 0.1, gradNorm: 1 },
  ])
  expect({ badStep, contradicted, misplaced }).toEqual({ badStep: undefined, contradicted: [3], misplaced: 4 })
})

it('ends before the first loss that is no number, in whatever form it comes', () => {
  for (const bad of [Number.NaN, null, 'NaN', Number.POSITIVE_INFINITY]) {
    const { steps, badStep } = readMetrics([row(1, 1), row(4, bad), row(2, bad), row(3, 1)], 8)
    expect([badStep, [...steps.keys()]]).toEqual([2, [1]])
  }
})

it('makes up no norm', () => {
  expect([...readMetrics([row(1, 1, null), row(2, 1, Number.NaN), { 'train/global_step': 3, 'train/loss': 1 }], 8).steps.values()]).toEqual(
    [1, 2, 3].map((step) => ({ step, loss: 1 })),
  )
})
