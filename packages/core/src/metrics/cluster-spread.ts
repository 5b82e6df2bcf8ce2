export type ClusterSpread = {
  /** (K,) rows nearest to each centroid. */
  readonly sizes: Int32Array
  /** `H = −Σ p·ln p` over the clusters' shares, in nats; 0 to ln K. */
  readonly entropy: number
  /** `exp(H)`: as many equally full clusters would have this entropy; 1 to K. */
  readonly effectiveClusters: number
  /** Sum of squared distances to the nearest centroid. */
  readonly inertia: number
}

/**
 * How rows spread over a given clustering. To compare sets, all of them need the same centroids (of one set, or of all together): a clustering
 * of its own would fit each set equally well.
 *
 * Rows are (D,), `centroids` (K, D) row-major. Ties go to the lower cluster. NaN entropy for no rows. Cost O(N·K·D).
 * Equals scipy 1.17.1 `cluster.vq.vq` (assignment, distances) and `stats.entropy`, and scikit-learn 1.9.1 `−KMeans.score`.
 */
export function clusterSpread(rows: readonly Float32Array[], centroids: Float32Array): ClusterSpread {
  const dimensions = rows[0]?.length ?? 1
  const clusters = centroids.length / dimensions
  if (!Number.isInteger(clusters) || clusters < 1)
    throw new RangeError(`clusterSpread: expected centroids of ${dimensions} dimensions, got ${centroids.length} numbers`)
  const sizes = new Int32Array(clusters)
  let inertia = 0
  for (const row of rows) {
    let best = 0
    let bestDistance = Number.POSITIVE_INFINITY
    for (let c = 0; c < clusters; c++) {
      const distance = squaredDistance(row, centroids, c * dimensions)
      if (distance < bestDistance) {
        best = c
        bestDistance = distance
      }
    }
    sizes[best]!++
    inertia += bestDistance
  }
  const entropy = entropyOfCounts(sizes)
  return { sizes, entropy, effectiveClusters: Math.exp(entropy), inertia }
}

/** Shannon entropy of counts, `−Σ p·ln p`, in nats. NaN when all are 0. Equals scipy 1.17.1 `stats.entropy(counts)`. */
export function entropyOfCounts(counts: Iterable<number>): number {
  const present = [...counts].filter((count) => count > 0)
  const total = present.reduce((sum, count) => sum + count, 0)
  if (total === 0) return Number.NaN
  return present.reduce((entropy, count) => entropy - (count / total) * Math.log(count / total), 0)
}

function squaredDistance(row: Float32Array, others: Float32Array, start: number): number {
  let sum = 0
  for (let d = 0; d < row.length; d++) {
    const difference = row[d]! - others[start + d]!
    sum += difference * difference
  }
  return sum
}
