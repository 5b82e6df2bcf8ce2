import { countBits } from './bits.ts'
import type { Probe } from './probe.ts'

/**
 * LCS length of a masked probe and words[start, start + length), or -1 as soon as it is sure to be below `least`: a word the probe
 * does not have can be part of no common subsequence.
 *
 * Bit-parallel (Hyyrö 2004), O(ceil(m / 32) · n). Row invariant: bit i of ~row is set where the LCS grows by one at position i.
 */
export function boundedLcs(probe: Probe, words: Int32Array, start: number, length: number, least: number): number {
  const slack = length - least
  if (slack < 0) return -1
  const lcs = probe.rowWords === 1 ? oneWord(probe, words, start, start + length, slack) : manyWords(probe, words, start, start + length, slack)
  return lcs < least ? -1 : lcs
}

function oneWord(probe: Probe, words: Int32Array, start: number, end: number, slack: number): number {
  const masks = probe.masks
  let left = slack
  let row = -1
  for (let i = start; i < end; i++) {
    const mask = masks[words[i]!]!
    if (mask === 0) {
      if (--left < 0) return -1
      continue
    }
    row = (row + (row & mask)) | (row & ~mask)
  }
  return countBits(~row & lowBits(probe.length))
}

function manyWords(probe: Probe, words: Int32Array, start: number, end: number, slack: number): number {
  const { masks, rows, row, rowWords } = probe
  for (let w = 0; w < rowWords; w++) row[w] = -1
  let left = slack
  for (let i = start; i < end; i++) {
    const number = masks[words[i]!]!
    if (number === 0) {
      if (--left < 0) return -1
      continue
    }
    const from = (number - 1) * rowWords
    let carry = 0
    for (let w = 0; w < rowWords; w++) {
      const mask = rows[from + w]!
      const before = row[w]!
      const matched = before & mask
      const sum = (before + matched + carry) | 0
      carry = ((before & matched) | ((before | matched) & ~sum)) >>> 31
      row[w] = sum | (before & ~mask)
    }
  }
  let lcs = 0
  for (let w = 0; w < rowWords - 1; w++) lcs += countBits(~row[w]!)
  return lcs + countBits(~row[rowWords - 1]! & lowBits(probe.length - 32 * (rowWords - 1)))
}

function lowBits(count: number): number {
  return count === 32 ? -1 : (1 << count) - 1
}
