/** What is known of a seed when the seed set is revised. */
export type SeedStanding = {
  readonly id: string
  readonly origin: 'human' | 'machine'
  /** Round at whose end it entered; 0 for the human seeds. */
  readonly addedInRound: number
  /** Mean signal of the batches that held its children (kept instructions written from a prompt that showed it); undefined when none was trained on. */
  readonly childSignal: number | undefined
}

export type EvictionOptions = {
  readonly count: number
  readonly round: number
  /** Share of the seed set that must stay human, of the size after eviction and addition (which is the size now). */
  readonly protectHuman: number
  /** Rounds for which a seed without evaluated children is safe. */
  readonly protectRounds: number
}

/**
 * Which seeds leave to make room for `count` new machine seeds: lowest child signal first; seeds without evaluated children come
 * before all others once their protection has run out; ties by order of entry. Human seeds leave only while their share stays at
 * `protectHuman` or above. May return fewer than `count`.
 * Source: METHOD 2.3 `fb.evict`, `seeds.protect_human`; ours, the paper's rule was not recovered.
 */
export function chooseEvictions(seeds: readonly SeedStanding[], { count, round, protectHuman, protectRounds }: EvictionOptions): string[] {
  const humanFloor = Math.ceil(seeds.length * protectHuman)
  let humans = seeds.filter((seed) => seed.origin === 'human').length
  const ranked = seeds
    .map((seed, i) => ({ seed, i, score: seed.childSignal ?? Number.NEGATIVE_INFINITY }))
    .filter(({ seed }) => seed.childSignal !== undefined || round - seed.addedInRound >= protectRounds)
    .sort((a, b) => (a.score === b.score ? a.i - b.i : a.score - b.score))
  const evicted: string[] = []
  for (const { seed } of ranked) {
    if (evicted.length >= count) break
    if (seed.origin === 'human') {
      if (humans - 1 < humanFloor) continue
      humans--
    }
    evicted.push(seed.id)
  }
  return evicted
}
