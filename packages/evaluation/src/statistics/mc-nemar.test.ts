import { describe, expect, it } from 'vitest'
import { expectFields, reference } from '../fixtures/statistics-reference.ts'
import { mcNemar } from './mc-nemar.ts'

describe('mcNemar', () => {
  it('exact, mid-p and corrected chi-square as statsmodels and scipy have them', () => {
    for (const { onlyFirst, onlySecond, exact, midP, statistic, chiSquare } of reference.mcNemar) {
      const ours = mcNemar(onlyFirst, onlySecond)
      expectFields(ours, { exact, midP })
      expectFields(ours.chiSquare, { statistic, p: chiSquare })
      expect(mcNemar(onlySecond, onlyFirst).exact).toBeCloseTo(ours.exact, 14)
    }
  })

  it('no disagreement is no evidence; halves are no counts', () => {
    expect(mcNemar(0, 0)).toMatchObject({ exact: 1, midP: 1, chiSquare: { p: 1 } })
    expect(() => mcNemar(1.5, 2)).toThrow('expected two counts, got 1.5 and 2')
  })
})
