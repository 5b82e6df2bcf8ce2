import type { BatchFact, StepFact } from '@sedi/spec'
import { describe, expect, it } from 'vitest'
import { clustersBeyond, countMasked, exemptExamples } from './cluster-masks.ts'

const batch = (step: number, exampleIds: string[], clusters: number[] | null): BatchFact => ({
  ...{ kind: 'batch', step, round: 1, epoch: 1, composer: 'random', exampleIds, clusters, diversity: null, conflicts: 0 },
})
const step = (number: number, exampleGaps: number[] | null): StepFact => ({
  ...{ kind: 'step', step: number, round: 1, loss: 1, gradNorm: null, learningRate: null, targetTokens: null },
  ...{ exampleLosses: null, exampleGaps, exampleErrors: null, masked: null, at: 0 },
})
const limits = { threshold: 1.5, share: 0.5 }

describe('examples that a gap mask must not leave out', () => {
  const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
  // The round to come: a to e and the new one in cluster 7, f to h in cluster 2.
  const coming = [batch(3, [...ids, 'new'], [7, 7, 7, 7, 7, 2, 2, 2, 7])]
  const exempt = (gaps: readonly number[], earlier = [batch(1, ids, null)]) =>
    exemptExamples(coming, { steps: gaps.length === 0 ? [step(1, null)] : [step(1, [...gaps])], batches: earlier }, limits)

  it('are those of clusters of which more than the share were above the threshold, the new ones as well', () => {
    expect(exempt([2, 2, 2, 0, 0, 0, 0, 0])).toEqual(['a', 'b', 'c', 'd', 'e', 'new'])
  })

  it('are none where it is the share or less, and none of clusters that few are known of', () => {
    expect(exempt([2, 2, 0, 0, 0, 0, 0, 0])).toEqual([])
    expect(exempt([1.5, 1.5, 1.5, 1.5, 1.5, 0, 0, 0])).toEqual([])
    // Three of three.
    expect(exempt([0, 0, 0, 0, 0, 9, 9, 9])).toEqual([])
    expect(exempt([])).toEqual([])
  })

  it('go by the latest gap', () => {
    const earlier = { batches: [batch(1, ids, null), batch(2, ['a', 'b'], null)], steps: [step(1, [2, 2, 2, 0, 0, 0, 0, 0]), step(2, [0, 0])] }
    expect(exemptExamples(coming, earlier, limits)).toEqual([])
  })

  it('are none without clusters', () => {
    expect(exemptExamples([batch(3, ids, null)], { steps: [step(1, [9, 9, 9, 9, 9, 9, 9, 9])], batches: [batch(1, ids, null)] }, limits)).toEqual([])
  })
})

describe('masked rows by cluster', () => {
  const rows = (cluster: number, masked: number, kept: number) => [
    ...Array.from({ length: masked }, () => ({ cluster, masked: true })),
    ...Array.from({ length: kept }, () => ({ cluster, masked: false })),
  ]
  it('are counted where there are any, and named beyond a share', () => {
    const all = [...rows(5, 3, 1), ...rows(1, 2, 2), ...rows(2, 0, 4), ...rows(3, 3, 0)]
    expect(countMasked(all)).toEqual([
      { cluster: 1, rows: 4, masked: 2 },
      { cluster: 3, rows: 3, masked: 3 },
      { cluster: 5, rows: 4, masked: 3 },
    ])
    expect(clustersBeyond(0.5, all)).toEqual([{ cluster: 5, rows: 4, masked: 3 }])
  })
})
