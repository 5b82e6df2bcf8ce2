import { expect, it } from 'vitest'
import { reference, referenceRows } from '../fixtures/metrics-reference.ts'
import { clusterSpread, entropyOfCounts } from './cluster-spread.ts'

const centroids = Float32Array.from(reference.centroids.flat())

// scipy 1.17.1: labels, distances = cluster.vq.vq(rows, centroids); stats.entropy(numpy.bincount(labels)); (distances ** 2).sum()
// scikit-learn 1.9.1: -KMeans(…).score(rows) with cluster_centers_ = centroids
it('equals scipy and scikit-learn', () => {
  const { sizes, entropy, effectiveClusters, inertia } = clusterSpread(referenceRows, centroids)
  expect([...sizes]).toEqual([0, 1, 2].map((cluster) => reference.clusters.labels.filter((label) => label === cluster).length))
  expect(entropy).toBeCloseTo(reference.clusters.entropy, 14)
  expect(effectiveClusters).toBeCloseTo(Math.exp(reference.clusters.entropy), 13)
  expect(inertia).toBeCloseTo(reference.clusters.inertia, 12)
  expect(inertia).toBeCloseTo(reference.clusters.score, 12)
})

it('ties go to the lower cluster; empty clusters count for nothing', () => {
  const { sizes, effectiveClusters } = clusterSpread([Float32Array.of(0)], Float32Array.of(1, -1, 5))
  expect([[...sizes], effectiveClusters]).toEqual([[1, 0, 0], 1])
  expect(entropyOfCounts([4, 4, 0])).toBeCloseTo(Math.LN2, 15)
  expect(entropyOfCounts([])).toBeNaN()
  expect(() => clusterSpread([Float32Array.of(0, 1)], Float32Array.of(1, 2, 3))).toThrow(RangeError)
})
