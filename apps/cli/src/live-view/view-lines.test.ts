import { Writable } from 'node:stream'
import { expect, it } from 'vitest'
import { createLiveRegion } from './live-region.ts'
import { sparkline } from './sparkline.ts'
import { type Paint, type ViewState, viewLines } from './view-lines.ts'

const plain: Paint = (_, text) => text

const state = {
  config: {
    ...{ target: { calls: 240 }, budget: { maxCostUsd: 5 }, rounds: 8, trainer: { id: 'embedded' }, training: { stepsPerRound: 40 } },
    generator: { id: 'simulated' },
  },
  ...{ label: '', share: 0.3, timeLeftMs: 125_000, notices: 0, stopping: false },
  progress: { round: 3, rounds: 8, stage: 'train', done: 20, planned: 40 },
  figures: {
    totals: {
      ...{ calls: 92, followUpCalls: 0, raw: 1840, kept: 1204, openAttempts: 0, uncertainAttempts: 1, inputTokens: 1, outputTokens: 1 },
      ...{ seedsPromoted: 12, seedsEvicted: 3 },
    },
    ...{ costUsd: 0.0213, projectedUsd: 0.0551, callsPerMinute: 41, keptShares: [0.81, 0.72, 0.4], losses: [4, 3, 2, 1], evaluations: [] },
  },
} as unknown as ViewState

it('says a figure a line, as much as fits', () => {
  expect(viewLines(state, { columns: 80, rows: 24, paint: plain })).toEqual([
    'round 3/8 · train 20/40 · about 2 min left',
    '━━━━━━━ ━━━━━━━ ━━━──── ─────── ─────── ─────── ─────── ───────  30 %',
    'kept    1,204 of 1,840 (65 %) · ▇▆▄ by round',
    'cost    $0.0213 of $5.00 budget · about $0.0551 at the end · $0.000018 per kept',
    'calls   92 of 240 · 1 uncertain',
    'train   step 4 of 320 · loss 1.000 · █▆▃▁',
    'seeds   12 promoted · 3 evicted',
  ])
  const narrow = viewLines(state, { columns: 40, rows: 24, paint: plain })
  expect(narrow.slice(0, 4)).toEqual([
    'round 3/8 · train 20/40',
    '━━━ ━━━ ━── ─── ─── ─── ─── ───  30 %',
    'kept    1,204 of 1,840 (65 %)',
    'cost    $0.0213 of $5.00 budget',
  ])
  for (const columns of [12, 20, 33, 40, 61, 80, 200])
    expect(viewLines(state, { columns, rows: 24, paint: plain }).filter((line) => line.length >= columns)).toEqual([])
})

it('never takes the whole screen: what is above stays in reach', () => {
  expect(viewLines(state, { columns: 80, rows: 4, paint: plain })).toHaveLength(3)
})

it('no rate is shown that nobody has paid: the price is unknown', () => {
  const unpriced = { ...state, figures: { ...state.figures, costUsd: null, projectedUsd: null } }
  expect(viewLines(unpriced, { columns: 80, rows: 24, paint: plain })[3]).toBe('cost    unknown, as the price is · 2 tokens')
})

it('sparkline: between least and greatest, or the ends given; many numbers as means', () => {
  expect(sparkline([0, 1, 2, 3])).toBe('▁▃▆█')
  expect(sparkline([0.5, 1], { low: 0, high: 1 })).toBe('▅█')
  expect(sparkline([2, 2])).toBe('▄▄')
  expect(sparkline([1, Number.NaN, 3], { most: 2 })).toBe('▁█')
  expect(sparkline([0, 2, 8, 10, 0, 0], { most: 3, low: 0, high: 10 })).toBe('▁█▁')
})

it('a region that was narrowed goes up over what its lines take now', () => {
  let text = ''
  const stream = Object.assign(new Writable(), { columns: 40, rows: 24 })
  stream.write = (part: string) => {
    text = part
    return true
  }
  const region = createLiveRegion(stream)
  region.draw(['x'.repeat(30), 'y'.repeat(30)])
  expect(text).toBe(`\r${'x'.repeat(30)}\u001b[K\n${'y'.repeat(30)}\u001b[K\n\u001b[J`)
  stream.columns = 20
  region.draw(['a'])
  expect(text).toBe('\r\u001b[4Aa\u001b[K\n\u001b[J')
})
