import { describe, expect, it } from 'vitest'
import { differences, expectFields, reference } from '../fixtures/statistics-reference.ts'
import { nonInferiority } from './non-inferiority.ts'

const { few } = reference

describe('nonInferiority', () => {
  it('as a shifted ttest_1samp(alternative="greater") has it', () => {
    const cases = [differences, few, few]
    reference.nonInferiority.forEach(({ margin, p, lower }, i) => {
      expectFields(nonInferiority(cases[i]!, margin), { p, lower })
    })
  })

  it('shows what its bound says, and nothing with one replicate', () => {
    expect(nonInferiority(few, 1).shown).toBe(false)
    expect(nonInferiority(few, 3).shown).toBe(true)
    expect(nonInferiority([5], 1)).toMatchObject({ lower: -Infinity, p: 1, shown: false })
    expect(() => nonInferiority(few, -1)).toThrow('expected a margin of 0 or more, got -1')
  })
})
