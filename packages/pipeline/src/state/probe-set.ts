import { createNoveltyIndex, createRng } from '@sedi/core'
import type { RunConfig, ScoresFact } from '@sedi/spec'

/** An instruction in a batch, and its cluster there. */
export type ClusteredExample = { readonly id: string; readonly instruction: string; readonly cluster: number }

/**
 * `count` instructions that stand for the clusters: one of each in turn, until there are enough. The order within a cluster is a stream
 * named after it, so that another count takes more or fewer of the same.
 */
export function drawProbes(examples: readonly ClusteredExample[], count: number, randomSeed: number): string[] {
  const clusters = [...new Set(examples.map(({ cluster }) => cluster))].sort((a, b) => a - b)
  const queues = clusters.map((cluster) =>
    createRng(randomSeed, 'probes', cluster).shuffle(examples.filter((example) => example.cluster === cluster).map(({ id }) => id)),
  )
  const longest = Math.max(0, ...queues.map(({ length }) => length))
  return Array.from({ length: longest }, (_, place) => queues.flatMap((queue) => queue.slice(place, place + 1)))
    .flat()
    .slice(0, count)
}

/** A probe instruction, with its loss per character before and after a round. */
export type ProbedInstruction = { readonly id: string; readonly instruction: string; readonly before: number | null; readonly after: number | null }

/**
 * Mean fall of the loss on the probe instructions of each cluster. A probe instruction that is in none of the round's batches (a human seed, or
 * one whose turn did not come) belongs to the cluster of the instruction there that it resembles most (ROUGE-L; to none when it shares no word
 * with any). Clusters without one have no figure.
 */
export function dropsByCluster(
  probes: readonly ProbedInstruction[],
  examples: readonly ClusteredExample[],
  tokenizer: RunConfig['filter']['tokenizer'],
): ReadonlyMap<number, number> {
  const clusterOf = new Map(examples.map(({ id, cluster }) => [id, cluster]))
  const index = createNoveltyIndex({ tokenizer })
  for (const { instruction } of examples) index.add(instruction)
  const drops = new Map<number, { sum: number; count: number }>()
  for (const { id, instruction, before, after } of probes) {
    if (before === null || after === null) continue
    const cluster = clusterOf.get(id) ?? examples[index.judge(instruction, 1).nearest?.entry ?? -1]?.cluster
    if (cluster === undefined) continue
    const known = drops.get(cluster) ?? { sum: 0, count: 0 }
    drops.set(cluster, { sum: known.sum + before - after, count: known.count + 1 })
  }
  return new Map([...drops].map(([cluster, { sum, count }]) => [cluster, sum / count]))
}

/** The measures under which probe losses are recorded: of the model a round left, and, once, of the one that the first such round began with. */
export const probeMeasures = { before: 'probe-loss-before', after: 'probe-loss' } as const

export type ProbeLosses = { readonly before: ScoresFact; readonly after: ScoresFact }

/** What is on record of a round's probes; undefined where they were not scored. */
export function probeLossesOf(round: number, facts: readonly ScoresFact[]): ProbeLosses | undefined {
  const find = (at: number, measure: string): ScoresFact | undefined => facts.find((fact) => fact.round === at && fact.measure === measure)
  const after = find(round, probeMeasures.after)
  const before = find(round, probeMeasures.before) ?? find(round - 1, probeMeasures.after)
  return after === undefined || before === undefined ? undefined : { before, after }
}
