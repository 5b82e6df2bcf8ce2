import { describe, expect, it } from 'vitest'
import { longestCommonSubsequence } from './longest-common-subsequence.ts'
import { createRng } from './rng.ts'

function plainLcs(a: readonly number[], b: readonly number[]): number {
  let row = new Array<number>(b.length + 1).fill(0)
  for (const token of a) {
    const next = [0]
    for (let j = 1; j <= b.length; j++) next.push(token === b[j - 1] ? row[j - 1]! + 1 : Math.max(row[j]!, next[j - 1]!))
    row = next
  }
  return row[b.length]!
}

describe('longestCommonSubsequence', () => {
  it('equals the plain table, word borders of the bit rows included', () => {
    const rng = createRng(1, 'lcs')
    const lengths = [0, 1, 2, 7, 31, 32, 33, 63, 64, 65, 96, 97, 130]
    for (let i = 0; i < 3000; i++) {
      const words = rng.pick([1, 2, 5, 40])
      const sequence = (): number[] => Array.from({ length: rng.next() < 0.5 ? rng.pick(lengths) : rng.int(100) }, () => rng.int(words))
      const a = sequence()
      const b = sequence()
      expect(longestCommonSubsequence(a, b)).toBe(plainLcs(a, b))
    }
  })
})
