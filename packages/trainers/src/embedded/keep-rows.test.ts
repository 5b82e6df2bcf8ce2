import { createRng } from '@sedi/core'
import { beforeAll, expect, test } from 'vitest'
import { type Jax, loadJax } from './jax.ts'
import { keepRows, type MaskLevels, maskLevels, noMask } from './keep-rows.ts'

let jax: Jax
beforeAll(async () => {
  jax = await loadJax()
})

function keep(losses: readonly number[], gaps: readonly number[], { gapAbove, trimRows, exemptRows }: MaskLevels): number[] {
  const array = (values: readonly number[]) => jax.numpy.array(new Float32Array(values))
  return [
    ...keepRows(
      jax,
      array(losses),
      array(gaps),
      array([gapAbove]),
      array([trimRows]),
      array(losses.map((_, row) => (exemptRows.includes(row) ? 1 : 0))),
    ).dataSync(),
  ]
}

/** The rule in plain words: sort, cut off. */
function plainTrim(losses: readonly number[], count: number): number[] {
  const order = losses.map((_, i) => i).sort((a, b) => losses[b]! - losses[a]! || a - b)
  const trimmed = new Set(order.slice(0, count))
  return losses.map((_, i) => (trimmed.has(i) ? 0 : 1))
}

test('gap: rows above the threshold stay out; one at it counts', () => {
  expect(keep([9, 1, 1, 1], [0, 1.5, 1.75, 3], { ...noMask, gapAbove: 1.5 })).toEqual([1, 1, 0, 0])
  expect(keep([9, 1], [0, 1e30], noMask)).toEqual([1, 1])
})

test('trim: the highest losses, whatever their order, equal to sorting (200 random batches with ties)', () => {
  const rng = createRng(4, 'trim')
  for (let trial = 0; trial < 200; trial++) {
    const losses = Array.from({ length: 1 + rng.int(9) }, () => rng.int(5) / 4)
    const trimRows = rng.int(losses.length)
    expect(
      keep(
        losses,
        losses.map(() => 7),
        { ...noMask, trimRows },
      ),
    ).toEqual(plainTrim(losses, trimRows))
  }
})

test('exempt rows count, and nobody is left out in their place', () => {
  expect(keep([9, 1, 1, 1], [0, 1.75, 1.75, 3], { ...noMask, gapAbove: 1.5, exemptRows: [1, 3] })).toEqual([1, 1, 0, 1])
  expect(keep([9, 8, 1, 1], [0, 0, 0, 0], { ...noMask, trimRows: 2, exemptRows: [0] })).toEqual([1, 0, 1, 1])
})

test('a step’s levels: nothing up to the last warm step, whole rows of what the step has', () => {
  const gap = { rule: 'gap', threshold: 1.5, warmSteps: 10 } as const
  const trim = { rule: 'trim', share: 0.1, warmSteps: 0 } as const
  const ids = (count: number) => Array.from({ length: count }, (_, i) => `e${i}`)
  expect(maskLevels(undefined, 99, ids(32))).toEqual(noMask)
  expect(maskLevels(gap, 10, ids(32))).toEqual(noMask)
  expect(maskLevels(gap, 11, ids(32))).toEqual({ gapAbove: 1.5, trimRows: 0, exemptRows: [] })
  expect([9, 10, 29, 30, 32].map((rows) => maskLevels(trim, 1, ids(rows)).trimRows)).toEqual([0, 1, 2, 3, 3])
  const exempt = ['e3', 'e0', 'elsewhere']
  expect(maskLevels({ ...gap, exempt }, 11, ids(8)).exemptRows).toEqual([0, 3])
  expect(maskLevels({ ...gap, exempt }, 10, ids(8))).toEqual(noMask)
})
