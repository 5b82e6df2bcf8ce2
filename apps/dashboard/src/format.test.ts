import { describe, expect, it } from 'vitest'
import {
  formatAgo,
  formatCount,
  formatDuration,
  formatNumber,
  formatOf,
  formatShare,
  formatShort,
  formatSigned,
  formatTime,
  formatUsd,
  formatUsdShort,
  nothing,
} from './format.ts'

it.each<[number | null | undefined, string]>([
  [1234.5, '$1,234.50'],
  [1, '$1.00'],
  [0.562077, '$0.562'],
  [0.00017608928, '$0.000176'],
  [0.0000000042, '$0.000000004'],
  [0.05, '$0.0500'],
  [-0.5, '−$0.500'],
  [0, '$0'],
  [null, 'unknown'],
  [Number.NaN, 'unknown'],
  [undefined, nothing],
])('dollars: %j is %s', (value, text) => {
  expect(formatUsd(value)).toBe(text)
})

it('dollars on an axis: no more digits than they need', () => {
  expect([0, 0.1, 0.25, 1500, 20, 1.5].map(formatUsdShort)).toEqual(['$0', '$0.1', '$0.25', '$1,500', '$20', '$1.5'])
})

it('counts, short and whole', () => {
  expect([0, 999, 1_234_567].map(formatCount)).toEqual(['0', '999', '1,234,567'])
  expect([0, 9999, 12_345, 1_000_000, 2_500_000_000, 0.5].map(formatShort)).toEqual(['0', '9,999', '12.3 k', '1 M', '2.5 G', '0.5'])
  expect([formatOf(1, 'run'), formatOf(2000, 'run'), formatOf(0, 'query', 'queries')]).toEqual(['1 run', '2,000 runs', '0 queries'])
})

it('shares and numbers', () => {
  expect([formatShare(0.84123), formatShare(1, 0), formatShare(0)]).toEqual(['84.1 %', '100 %', '0.0 %'])
  expect([formatNumber(0.303240740740741, 3), formatNumber(123_456), formatNumber(1 / 3), formatNumber(-11.62, 3), formatNumber(-17)]).toEqual([
    '0.303',
    '123,456',
    '0.3333',
    '−11.6',
    '−17',
  ])
  expect([formatSigned(2.1), formatSigned(-0.25), formatSigned(0), formatSigned(-1200)]).toEqual(['+2.1', '−0.25', '0', '−1,200'])
})

describe('times', () => {
  it.each<[number, string]>([
    [850, '850 ms'],
    [12_000, '12 s'],
    [59_600, '1 min'],
    [250_000, '4 min 10 s'],
    [3_600_000, '1 h'],
    [11_100_000, '3 h 5 min'],
    [86_400_000 * 2 + 3_600_000 * 4, '2 d 4 h'],
    [86_399_000, '1 d'],
  ])('%i ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text)
  })

  it('ago: in the largest unit, and the time itself when it is long ago', () => {
    const now = new Date(2026, 10, 21, 14, 3).getTime()
    const ago = [3_000, 45_000, 250_000, 11_100_000, 86_400_000 * 1.4].map((ms) => formatAgo(now - ms, now))
    expect(ago).toEqual(['just now', '45 s ago', '4 min ago', '3 h ago', '1 d ago'])
    expect(formatAgo(now - 86_400_000 * 3, now)).toBe('2026-11-18 14:03')
    expect(formatTime(now)).toBe('2026-11-21 14:03')
  })
})

it('says nothing where there is nothing', () => {
  for (const format of [formatCount, formatShort, formatShare, formatNumber, formatSigned, formatDuration, formatTime]) {
    expect([null, undefined, Number.NaN, Number.POSITIVE_INFINITY].map((value) => format(value as number))).toEqual([nothing, nothing, nothing, nothing])
  }
})
