import type { Rng } from '../rng.ts'
import { evictInOrder } from './evict-in-order.ts'
import { noChange, type PolicyExample, type SeedPolicy, type Wish } from './seed-policy.ts'

/** What a child written a round earlier counts for, relative to one of this round: what was fruitful need not stay so. */
const discount = 0.95

/** Wishes for each place; those that the checks refuse are followed by others. */
const wishesPerSlot = 10

/** What is known of seeds from a cluster, in standard deviations of progress. The prior is one observation of average progress. */
type Belief = {
  /** Children, each for the share that the cluster had in its prompt, discounted by age. */
  readonly weight: number
  readonly mean: number
}

const unknown: Belief = { weight: 0, mean: 0 }

/**
 * A bandit over clusters of instructions. The unprotected part of S is drawn anew each round: for each place, every cluster's usefulness is
 * drawn from N(mean, 1 / (weight + 1)) (Thompson sampling), and the highest gives a trusted instruction by lot.
 *
 * A cluster is rewarded for the progress of the trusted children of its seeds: how far their loss fell between their first and their latest
 * visit, less the mean of all that were first visited in the same round, over the standard deviation of all such differences. Each of the k
 * instructions in a child's prompt gets 1/k of it, human seeds (which are in no cluster) as well, for nobody. Beliefs are formed anew from
 * all children each round, in that round's clusters. Untrusted children do not count: a wrong answer learned by heart is a large fall too.
 *
 * Cost O(pool + wishes × clusters).
 */
export default {
  id: 'bandit',
  title: 'the unprotected seeds are drawn anew each round, from clusters whose seeds had children that the student went on to learn from',
  source: 'METHOD 3.3: discounted Gaussian Thompson sampling; the reward is ours, in the place of a probe set',
  needs: { signal: false, clusters: true, gaps: false, losses: true },
  revise({ pool, seeds, settings, round, rng }) {
    const slots = seeds.length - Math.ceil(seeds.length * settings.protectHuman)
    const trusted = trustedOf(pool, settings.trustGap)
    const present = new Set(seeds.map(({ id }) => id))
    const candidates = trusted.filter(({ id, cluster }) => cluster !== null && !present.has(id))
    if (slots <= 0 || candidates.length === 0) return noChange
    const wishes = drawWishes(candidates, beliefsOf(pool, trusted, round), slots * wishesPerSlot, rng('bandit', round))
    const machineFirst = [...seeds].sort((a, b) => Number(a.origin === 'human') - Number(b.origin === 'human'))
    return {
      groups: [{ quota: slots, wishes }],
      evict: (count) => evictInOrder(machineFirst, count, settings, 'its place is drawn anew'),
    }
  },
} satisfies SeedPolicy

/** Those whose gap is below the limit; all of them where nobody tells gaps. */
function trustedOf(pool: readonly PolicyExample[], trustGap: number): readonly PolicyExample[] {
  const told = pool.some(({ firstGap }) => firstGap !== null)
  return told ? pool.filter(({ firstGap }) => firstGap !== null && firstGap < trustGap) : pool
}

function beliefsOf(pool: readonly PolicyExample[], trusted: readonly PolicyExample[], round: number): ReadonlyMap<number, Belief> {
  const clusterOf = new Map(pool.map(({ id, cluster }) => [id, cluster]))
  const sums = new Map<number, { weight: number; reward: number }>()
  for (const { example, reward } of rewardsOf(trusted)) {
    for (const parentId of example.parentIds) {
      const cluster = clusterOf.get(parentId)
      if (cluster === undefined || cluster === null) continue
      const weight = discount ** (round - example.firstRound!) / example.parentIds.length
      const known = sums.get(cluster) ?? { weight: 0, reward: 0 }
      sums.set(cluster, { weight: known.weight + weight, reward: known.reward + weight * reward })
    }
  }
  return new Map([...sums].map(([cluster, { weight, reward }]) => [cluster, { weight, mean: reward / (weight + 1) }]))
}

type Rewarded = { readonly example: PolicyExample; readonly reward: number }

/** Progress beyond that of the examples first visited in the same round, in standard deviations; 0 where all progress is alike. */
function rewardsOf(examples: readonly PolicyExample[]): Rewarded[] {
  const cohorts = groupBy(
    examples.filter(({ firstLoss, lastLoss }) => Number.isFinite(firstLoss) && Number.isFinite(lastLoss)),
    ({ firstRound }) => firstRound,
  )
  const beyond = [...cohorts.values()].flatMap((cohort) => {
    const drops = cohort.map(({ firstLoss, lastLoss }) => firstLoss! - lastLoss!)
    const mean = drops.reduce((sum, drop) => sum + drop, 0) / drops.length
    return cohort.map((example, i): Rewarded => ({ example, reward: drops[i]! - mean }))
  })
  const deviation = Math.sqrt(beyond.reduce((sum, { reward }) => sum + reward ** 2, 0) / beyond.length)
  return beyond.map(({ example, reward }) => ({ example, reward: deviation > 1e-9 ? reward / deviation : 0 }))
}

function drawWishes(candidates: readonly PolicyExample[], beliefs: ReadonlyMap<number, Belief>, count: number, rng: Rng): Wish[] {
  const left = [...groupBy(rng.shuffle(candidates), ({ cluster }) => cluster!)].sort(([a], [b]) => a - b)
  const arms = left.length
  const wishes: Wish[] = []
  while (wishes.length < count && left.length > 0) {
    const draws = left.map(([cluster]) => drawUsefulness(beliefs.get(cluster) ?? unknown, rng))
    const at = draws.indexOf(Math.max(...draws))
    const [cluster, examples] = left[at]!
    const { id, firstGap } = examples.pop()!
    if (examples.length === 0) left.splice(at, 1)
    const { mean, weight } = beliefs.get(cluster) ?? unknown
    wishes.push({
      exampleId: id,
      cluster: id,
      step: null,
      windowEnd: null,
      signal: 'bandit',
      score: draws[at]!,
      reason: `drawn from cluster ${cluster}, of ${arms} the one that promised most (${draws[at]!.toFixed(2)}; its seeds’ children: ${mean.toFixed(2)} standard deviations of progress, weight ${weight.toFixed(1)})${firstGap === null ? '' : `; first gap ${firstGap.toFixed(2)}`}`,
    })
  }
  return wishes
}

/** A normal variate by Box and Muller's formula, which needs no memory of a second one. */
function drawUsefulness({ weight, mean }: Belief, rng: Rng): number {
  const standard = Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next())
  return mean + standard / Math.sqrt(weight + 1)
}

function groupBy<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group === undefined) groups.set(keyOf(item), [item])
    else group.push(item)
  }
  return groups
}
