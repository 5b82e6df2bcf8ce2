import type { GenerateRequest } from '@sedi/spec'
import { describe, expect, it } from 'vitest'
import { costOfAnswer, inputTokenBound, shareCost, toNanoUsd, worstCaseCost } from './money.ts'

const request: GenerateRequest = { messages: [{ role: 'user', content: 'héllo' }], maxOutputTokens: 1000 }
const price = { inputPerMTokUsd: 0.25, cachedInputPerMTokUsd: 0.025, outputPerMTokUsd: 2 }

describe('costOfAnswer', () => {
  it('counts input, cached input and output at their own prices, to the nanodollar', () => {
    // (700 · 0.25 + 300 · 0.025 + 50 · 2) / 1e6 USD = 282.5 µUSD
    expect(costOfAnswer(request, 'x', { inputTokens: 1000, cachedInputTokens: 300, outputTokens: 50 }, price)).toEqual({ nanoUsd: 282_500, exact: true })
    expect(costOfAnswer(request, 'x', { inputTokens: 1, outputTokens: 0 }, { inputPerMTokUsd: 0.0001, outputPerMTokUsd: 0 }).nanoUsd).toBe(1)
    expect(costOfAnswer(request, 'x', { inputTokens: 3, outputTokens: 0 }, { inputPerMTokUsd: 0.1, outputPerMTokUsd: 0 }).nanoUsd).toBe(300)
  })

  it('takes cached tokens at the input price when no other is given, and never more of them than there is input', () => {
    const plain = { inputPerMTokUsd: 1, outputPerMTokUsd: 0 }
    expect(costOfAnswer(request, '', { inputTokens: 10, cachedInputTokens: 4, outputTokens: 0 }, plain).nanoUsd).toBe(10_000)
    expect(costOfAnswer(request, '', { inputTokens: 10, cachedInputTokens: 400, outputTokens: 0 }, price).nanoUsd).toBe(250)
  })

  it('is unknown at an unknown price, and an upper bound when the provider did not count', () => {
    expect(costOfAnswer(request, 'x', { inputTokens: 1, outputTokens: 1 }, undefined)).toEqual({ nanoUsd: null, exact: true })
    const bound = costOfAnswer(request, 'x', {}, price)
    expect(bound).toEqual({ nanoUsd: worstCaseCost(request, price), exact: false })
  })
})

describe('worst case', () => {
  it('bounds input by bytes and output by what is allowed', () => {
    expect(inputTokenBound(request)).toBeGreaterThanOrEqual(Buffer.byteLength('héllo'))
    expect(worstCaseCost(request, { inputPerMTokUsd: 0, outputPerMTokUsd: 2 })).toBe(2_000_000)
    expect(worstCaseCost(request, undefined)).toBeNull()
  })
})

describe('shareCost', () => {
  it('adds up exactly', () => {
    expect(shareCost(10, 3)).toEqual([4, 3, 3])
    expect(shareCost(null, 2)).toEqual([null, null])
    expect(shareCost(5, 0)).toEqual([])
  })
})

describe('toNanoUsd', () => {
  it('never makes a cap larger', () => {
    expect(toNanoUsd(0.1)).toBe(100_000_000)
    expect(toNanoUsd(0.0000000019)).toBe(1)
  })
})
