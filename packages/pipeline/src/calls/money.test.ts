import { createRng } from '@sedi/core'
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

describe('prices of the prompt cache', () => {
  const withCache = { inputPerMTokUsd: 2, cachedInputPerMTokUsd: 0.2, cacheWritePerMTokUsd: 2.5, outputPerMTokUsd: 8 }

  it('counts what was written to the cache at its own price', () => {
    // (600 · 2 + 300 · 0.2 + 100 · 2.5 + 10 · 8) µUSD
    const usage = { inputTokens: 1000, cachedInputTokens: 300, cacheWriteInputTokens: 100, outputTokens: 10 }
    expect(costOfAnswer(request, '', usage, withCache).nanoUsd).toBe(1_590_000)
    expect(costOfAnswer(request, '', usage, { ...withCache, cacheWritePerMTokUsd: undefined }).nanoUsd).toBe(1_540_000)
    expect(costOfAnswer(request, '', { inputTokens: 10, cachedInputTokens: 8, cacheWriteInputTokens: 8, outputTokens: 0 }, withCache).nanoUsd).toBe(6600)
  })

  it('reserves all input at the dearest of its prices', () => {
    const tokens = inputTokenBound(request)
    expect(worstCaseCost({ ...request, maxOutputTokens: 0 }, withCache)).toBe(tokens * 2500)
    expect(worstCaseCost({ ...request, maxOutputTokens: 0 }, { ...withCache, cacheWritePerMTokUsd: 1 })).toBe(tokens * 2000)
    expect(worstCaseCost({ ...request, maxOutputTokens: 0 }, { inputPerMTokUsd: 1, cachedInputPerMTokUsd: 3, outputPerMTokUsd: 1 })).toBe(tokens * 3000)
  })

  it('settles never more than was reserved, whatever the usage within its bounds and the prices', () => {
    const rng = createRng(7, 'money')
    const some = (most: number): number => (rng.int(4) === 0 ? 0 : rng.next() * most)
    const maybe = <T>(value: T): T | undefined => (rng.int(4) === 0 ? undefined : value)
    for (let i = 0; i < 20_000; i++) {
      const asked: GenerateRequest = {
        messages: [{ role: 'user', content: 'é'.repeat(rng.int(10 ** (1 + rng.int(5)))) }],
        maxOutputTokens: 1 + rng.int(10 ** (1 + rng.int(6))),
        responseFormat: maybe({ name: 'n', schema: { type: 'object' } }),
      }
      const bound = inputTokenBound(asked)
      const usage = {
        inputTokens: maybe(rng.int(2) === 0 ? bound : rng.int(bound + 1)),
        cachedInputTokens: maybe(rng.int(bound * 2)),
        cacheWriteInputTokens: maybe(rng.int(bound * 2)),
        outputTokens: maybe(rng.int(2) === 0 ? asked.maxOutputTokens : rng.int(asked.maxOutputTokens + 1)),
      }
      const priceNow = {
        inputPerMTokUsd: some(100),
        cachedInputPerMTokUsd: maybe(some(100)),
        cacheWritePerMTokUsd: maybe(some(100)),
        outputPerMTokUsd: some(1000),
      }
      const { nanoUsd } = costOfAnswer(asked, '', usage, priceNow)
      if (!(nanoUsd! <= worstCaseCost(asked, priceNow)!)) expect.fail(JSON.stringify({ asked: asked.maxOutputTokens, usage, priceNow, nanoUsd }))
    }
  })

  it('settles what is reported, also when it is more than was reserved', () => {
    const usage = { inputTokens: 5, outputTokens: 5000 }
    expect(costOfAnswer(request, '', usage, { inputPerMTokUsd: 1, outputPerMTokUsd: 1 })).toEqual({ nanoUsd: 5_005_000, exact: true })
    expect(worstCaseCost(request, { inputPerMTokUsd: 1, outputPerMTokUsd: 1 })).toBeLessThan(5_005_000)
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
