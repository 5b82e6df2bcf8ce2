import { createRng } from '@sedi/core'
import { describe, expect, it } from 'vitest'
import { expectClose, reference } from '../fixtures/statistics-reference.ts'
import { holm } from './holm.ts'

describe('holm', () => {
  it('as multipletests(method="holm") has it', () => {
    holm(reference.holm.p).forEach((p, i) => {
      expectClose(p, reference.holm.adjusted[i]!, i)
    })
  })

  it('keeps the order of p values, never lowers one and stays a probability', () => {
    const rng = createRng(9)
    for (let round = 0; round < 50; round++) {
      const raw = Array.from({ length: 1 + rng.int(12) }, () => rng.next())
      const adjusted = holm(raw)
      const order = raw.map((_, i) => i).sort((i, j) => raw[i]! - raw[j]!)
      order.slice(1).forEach((i, rank) => {
        expect(adjusted[i]).toBeGreaterThanOrEqual(adjusted[order[rank]!]!)
      })
      adjusted.forEach((p, i) => {
        expect(p >= raw[i]! && p <= 1).toBe(true)
      })
    }
    expect(holm([])).toEqual([])
    expect(() => holm([0.1, Number.NaN])).toThrow('expected probabilities, got NaN at position 1')
  })
})
