/**
 * Length of the longest common subsequence of two token sequences.
 *
 * Bit-parallel: a row of the dynamic-programming table is held in machine words and updated with one addition per token
 * (Hyyrö 2004, "Bit-parallel LCS-length computation revisited"). Cost O(ceil(N / 32) · M) for lengths N ≤ M.
 *
 * @example longestCommonSubsequence([1, 2, 3, 4], [2, 9, 4]) // 2
 */
export function longestCommonSubsequence(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return a.length <= b.length ? lcsOfPattern(createLcsPattern(a), b) : lcsOfPattern(createLcsPattern(b), a)
}

/** A sequence prepared for comparison with many others: for each token, the bit mask of its positions. */
export type LcsPattern = {
  readonly length: number
  /** 32-bit words per row. */
  readonly words: number
  /** Token → positions, `words` words each. */
  readonly masks: ReadonlyMap<number, Int32Array>
}

/** Prepares one side of many comparisons. Cost O(N). */
export function createLcsPattern(tokens: ArrayLike<number>): LcsPattern {
  const words = Math.ceil(tokens.length / 32)
  const masks = new Map<number, Int32Array>()
  for (let i = 0; i < tokens.length; i++) {
    let mask = masks.get(tokens[i]!)
    if (mask === undefined) {
      mask = new Int32Array(words)
      masks.set(tokens[i]!, mask)
    }
    mask[i >>> 5]! |= 1 << (i & 31)
  }
  return { length: tokens.length, words, masks }
}

/** LCS length of a prepared sequence and another one. */
export function lcsOfPattern(pattern: LcsPattern, other: ArrayLike<number>): number {
  if (pattern.length === 0 || other.length === 0) return 0
  return pattern.words === 1 ? lcsOneWord(pattern, other) : lcsManyWords(pattern, other)
}

// Row invariant: bit i of ~row is set where the LCS grows by one at pattern position i. Update: row = (row + (row & mask)) | (row & ~mask).

function lcsOneWord(pattern: LcsPattern, other: ArrayLike<number>): number {
  let row = -1
  for (let j = 0; j < other.length; j++) {
    const mask = pattern.masks.get(other[j]!)?.[0]
    if (mask === undefined) continue
    const matched = row & mask
    row = (row + matched) | (row & ~mask)
  }
  return countBits(~row & lowBits(pattern.length))
}

function lcsManyWords(pattern: LcsPattern, other: ArrayLike<number>): number {
  const { words } = pattern
  const row = new Int32Array(words).fill(-1)
  for (let j = 0; j < other.length; j++) {
    const mask = pattern.masks.get(other[j]!)
    if (mask === undefined) continue
    let carry = 0
    for (let w = 0; w < words; w++) {
      const before = row[w]!
      const matched = before & mask[w]!
      const sum = (before + matched + carry) | 0
      // Carry out of bit 31 of an unsigned addition, from the operands' and the sum's top bits.
      carry = ((before & matched) | ((before | matched) & ~sum)) >>> 31
      row[w] = sum | (before & ~mask[w]!)
    }
  }
  let length = 0
  for (let w = 0; w < words - 1; w++) length += countBits(~row[w]!)
  return length + countBits(~row[words - 1]! & lowBits(pattern.length - 32 * (words - 1)))
}

function lowBits(count: number): number {
  return count === 32 ? -1 : (1 << count) - 1
}

function countBits(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555)
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333)
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
