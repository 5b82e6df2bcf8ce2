import { describe, expect, it } from 'vitest'
import { createRng } from '../rng.ts'
import bandit from './bandit.ts'
import type { PolicyExample, SeedPolicyInput, Wish } from './seed-policy.ts'

const clusters = 5
const settings = {
  topBatches: 1,
  picksPerBatch: 2,
  pick: 'random',
  adjust: false,
  protectHuman: 0.5,
  protectRounds: 2,
  trustGap: 1.5,
  everySteps: 10,
}

const example = (id: string, over: Partial<PolicyExample> = {}): PolicyExample => ({
  id,
  instruction: id,
  firstGap: 0.1,
  parentIds: [],
  cluster: 0,
  firstRound: 1,
  firstLoss: null,
  lastLoss: null,
  ...over,
})

/** In each cluster twenty instructions and twenty children of them, whose loss fell by `dropOf` their parents' cluster. */
function poolOf(dropOf: (cluster: number, child: number) => number, over: Partial<PolicyExample> = {}): PolicyExample[] {
  return Array.from({ length: clusters }, (_, cluster) =>
    Array.from({ length: 20 }, (_, i) => [
      example(`p${cluster}-${i}`, { cluster }),
      // Children are spread over all clusters: what a child is like is not what its parents are like.
      example(`c${cluster}-${i}`, { cluster: i % clusters, parentIds: [`p${cluster}-${i}`], firstLoss: 3, lastLoss: 3 - dropOf(cluster, i), ...over }),
    ]).flat(),
  ).flat()
}

function revise(pool: readonly PolicyExample[], over: Partial<SeedPolicyInput> = {}, randomSeed = 1) {
  const seeds = Array.from({ length: 20 }, (_, i) => ({ id: `h${i}`, origin: 'human' as const, addedInRound: 0, childSignal: undefined }))
  const input: SeedPolicyInput = {
    round: 2,
    seeds,
    windows: [],
    batchOf: () => expect.unreachable(),
    pool,
    settings,
    signal: undefined,
    rng: (...name) => createRng(randomSeed, ...name),
    ...over,
  }
  const revision = bandit.revise(input)
  return { ...revision, wishes: revision.groups.flatMap(({ wishes }) => wishes) }
}

/** How often each cluster is wished for first, over many random seeds. */
function firstChoices(pool: readonly PolicyExample[]): number[] {
  const clusterOf = new Map(pool.map(({ id, cluster }) => [id, cluster!]))
  const counts = Array.from({ length: clusters }, () => 0)
  for (let randomSeed = 0; randomSeed < 200; randomSeed++) counts[clusterOf.get(revise(pool, {}, randomSeed).wishes[0]!.exampleId)!]!++
  return counts
}

const scoresAreNumbers = (wishes: readonly Wish[]) => {
  for (const { score, reason } of wishes) expect([Number.isFinite(score), reason.includes('NaN')]).toEqual([true, false])
}

describe('the bandit', () => {
  it('draws the cluster whose seeds’ children went on to be learned more often than all others together', () => {
    const counts = firstChoices(poolOf((cluster, child) => (cluster === 3 ? 1 : 0.2) + child / 100))
    expect(counts[3]).toBeGreaterThan(150)
  })

  it('has no favourite where all are equally fruitful, or none has children', () => {
    for (const pool of [poolOf((_, child) => child / 20), poolOf(() => 0.3), poolOf(() => 0).filter(({ id }) => id.startsWith('p'))]) {
      const counts = firstChoices(pool)
      expect(Math.max(...counts)).toBeLessThan(70)
      expect(Math.min(...counts)).toBeGreaterThan(15)
    }
  })

  it('does not take the fall of all losses over the rounds for merit', () => {
    // Children of cluster 3 were first visited a round earlier, when every loss was higher.
    const pool = poolOf((_, child) => child / 20).map((one) => (one.id.startsWith('c3') ? { ...one, firstRound: 0, firstLoss: 9 } : one))
    expect(firstChoices(pool)[3]).toBeLessThan(70)
  })

  it('lets untrusted children earn nothing, and makes none of them a seed', () => {
    const pool = poolOf((cluster, child) => (cluster === 3 ? 5 : 0.2) + child / 100).map((one) => (one.id.startsWith('c3') ? { ...one, firstGap: 2 } : one))
    // Tried more than the others, since nothing is known of it, not drawn for its worth.
    expect(firstChoices(pool)[3]).toBeLessThan(110)
    expect(revise(pool).wishes.some(({ exampleId }) => exampleId.startsWith('c3'))).toBe(false)
    // Where nobody tells gaps, all are trusted.
    const untold = pool.map((one) => ({ ...one, firstGap: null }))
    expect(firstChoices(untold)[3]).toBeGreaterThan(150)
  })

  it('forgets: what was fruitful long ago counts for less than what is now', () => {
    const pool = poolOf((cluster, child) => (cluster === 3 ? 0.5 : 0.2) + child / 100)
    const score = (round: number) =>
      Number(/children: (-?[\d.]+)/.exec(revise(pool, { round }).wishes.find(({ reason }) => reason.includes('cluster 3'))!.reason)![1])
    expect(score(60)).toBeLessThan(score(2) / 1.2)
    expect(score(60)).toBeGreaterThan(0)
  })

  it('answers with numbers, whatever losses there are', () => {
    const odd = [0, 1e-300, 1e300, Number.NaN, Number.POSITIVE_INFINITY]
    for (const drop of odd) scoresAreNumbers(revise(poolOf((_, child) => (child % 2 === 0 ? drop : 0.1))).wishes)
    scoresAreNumbers(revise(poolOf(() => 0.1, { parentIds: ['nobody', 'p0-0', 'p0-0'] })).wishes)
    scoresAreNumbers(revise(poolOf(() => 0.1, { firstLoss: null })).wishes)
    // All alike, to the bit.
    scoresAreNumbers(revise(poolOf(() => 0.5)).wishes)
  })

  it('is the same for the same input and another for another seed', () => {
    const pool = poolOf((cluster, child) => cluster + child / 7)
    const ids = (randomSeed: number) => revise(pool, {}, randomSeed).wishes.map(({ exampleId }) => exampleId)
    expect(ids(1)).toEqual(ids(1))
    expect(ids(1)).not.toEqual(ids(2))
  })

  it('fills the unprotected part with instructions that are not seeds yet, each once; machine seeds make room first', () => {
    const pool = poolOf(() => 0.1)
    const seeds = ['h0', 'h1', 'h2', 'p3-0', 'p3-1', 'h3'].map((id, i) => ({
      id,
      origin: id.startsWith('h') ? ('human' as const) : ('machine' as const),
      addedInRound: i,
      childSignal: undefined,
    }))
    const { groups, wishes, evict } = revise(pool, { seeds })
    expect(groups[0]!.quota).toBe(3)
    expect(wishes).toHaveLength(30)
    const ids = new Set(wishes.map(({ exampleId }) => exampleId))
    expect(ids.size).toBe(30)
    expect(ids.has('p3-0') || ids.has('p3-1')).toBe(false)
    expect(evict(3).map(({ id }) => id)).toEqual(['p3-0', 'p3-1', 'h0'])
    // Half stays human: a fourth has nobody to make room.
    expect(evict(4)).toHaveLength(3)
  })

  it('changes nothing where everything is protected, nothing is trusted or nothing is clustered', () => {
    const pool = poolOf(() => 0.1)
    expect(revise(pool, { settings: { ...settings, protectHuman: 1 } }).groups).toEqual([])
    expect(revise(pool.map((one) => ({ ...one, firstGap: 2 }))).groups).toEqual([])
    expect(revise(pool.map((one) => ({ ...one, cluster: null }))).groups).toEqual([])
    expect(revise([]).groups).toEqual([])
  })
})
