import type { Rng } from '../rng.ts'
import { type BatchComposer, type ComposedBatch, type ComposerInput, checkComposerInput, cutIntoBatches } from './composer.ts'

/**
 * One instruction of each cluster in turn, so that a batch spreads over clusters. Two variants, because they train on different
 * distributions (METHOD 2.5; our reading of SeDi-Instruct's diversity-based batches):
 *
 * - `epoch-exact` (default): every instruction comes once per epoch. Early batches hold one of each cluster, the last ones what large
 *   clusters have left. Clusters are visited in a random order that rotates from turn to turn.
 * - `uniform-cluster`: clusters never run out, so every cluster comes equally often and instructions of rare clusters come more often
 *   than others. `epoch` counts N draws as one pass.
 */
export default {
  id: 'round-robin',
  title: 'one instruction of each cluster in turn',
  needs: { clusters: true, embeddings: false },
  batches(input) {
    checkComposerInput('round-robin', input, this.needs)
    return input.variant === 'uniform-cluster' ? uniformClusterBatches(input) : epochExactBatches(input)
  },
} satisfies BatchComposer

function* epochExactBatches({ count, batchSize, clusterOf, rng }: ComposerInput): Generator<ComposedBatch> {
  if (count === 0) return
  for (let epoch = 1; ; epoch++) yield* cutIntoBatches(epochOrder(clusterOf!, rng), batchSize, epoch)
}

function epochOrder(clusterOf: Int32Array, rng: Rng): number[] {
  const clusters = rng.shuffle(groupByCluster(clusterOf).map((members) => rng.shuffle(members)))
  const order: number[] = []
  for (let turn = 0; order.length < clusterOf.length; turn++) {
    for (let c = 0; c < clusters.length; c++) {
      const next = clusters[(c + turn) % clusters.length]!.pop()
      if (next !== undefined) order.push(next)
    }
  }
  return order
}

function* uniformClusterBatches({ count, batchSize, clusterOf, rng }: ComposerInput): Generator<ComposedBatch> {
  if (count === 0) return
  const size = Math.min(batchSize, count)
  const clusters = groupByCluster(clusterOf!).map((members) => ({ members, waiting: [] as number[] }))
  let turn: typeof clusters = []
  for (let drawn = 0; ; drawn += size) {
    const batch = new Set<number>()
    while (batch.size < size) {
      if (turn.length === 0) turn = rng.shuffle(clusters)
      const next = takeUnused(turn.pop()!, batch, rng)
      if (next !== undefined) batch.add(next)
    }
    yield { indices: [...batch], epoch: Math.floor(drawn / count) + 1 }
  }
}

/** The cluster's next member, each once before any again; undefined when the batch holds all of them. */
function takeUnused(cluster: { readonly members: readonly number[]; waiting: number[] }, batch: ReadonlySet<number>, rng: Rng): number | undefined {
  if (cluster.members.every((member) => batch.has(member))) return undefined
  for (;;) {
    if (cluster.waiting.length === 0) cluster.waiting = rng.shuffle(cluster.members)
    const next = cluster.waiting.pop()!
    if (!batch.has(next)) return next
  }
}

/** Members of each non-empty cluster, by cluster number, members ascending. */
function groupByCluster(clusterOf: Int32Array): number[][] {
  const groups = new Map<number, number[]>()
  clusterOf.forEach((cluster, i) => {
    const members = groups.get(cluster)
    if (members === undefined) groups.set(cluster, [i])
    else members.push(i)
  })
  return [...groups.entries()].sort(([a], [b]) => a - b).map(([, members]) => members)
}
