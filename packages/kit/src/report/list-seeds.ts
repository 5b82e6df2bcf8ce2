import { callOfCandidate, type Ledger, type SeedEventFact } from '@sedi/spec'

/** One seed: where it came from, what it was used for, whether it still is one. */
export type ListedSeed = {
  readonly seedId: string
  readonly origin: SeedEventFact['origin']
  /** `active`: shown to the teacher from the next round on. */
  readonly state: 'active' | 'evicted'
  readonly instruction: string
  /** The end of this round; 0 is before the first. Of one that joined again the latest time. */
  readonly addedRound: number
  readonly evictedRound: number | null
  /** The step of the batch it was picked from, the signal and its value; null for human seeds. */
  readonly step: number | null
  readonly signal: string | null
  readonly score: number | null
  readonly reason: string
  readonly evictedBecause: string | null
  /** The seeds in the prompt that it was written from; none for human seeds. */
  readonly parents: readonly string[]
  /** Prompts that showed it, what was written from them, what was kept of it. */
  readonly prompts: number
  readonly children: number
  readonly kept: number
  /** Children that became seeds. */
  readonly heirs: number
}

export type SeedList = { readonly active: number; readonly human: number; readonly machine: number; readonly seeds: readonly ListedSeed[] }

type Counts = { prompts: number; children: number; kept: number; heirs: number }

/** Every seed there ever was, in the order in which they joined. Cost O(calls · seeds per prompt + seed events). */
export async function listSeeds(ledger: Ledger): Promise<SeedList> {
  const counts = new Map<string, Counts>()
  const countsOf = (seedId: string): Counts => {
    const known = counts.get(seedId) ?? { prompts: 0, children: 0, kept: 0, heirs: 0 }
    counts.set(seedId, known)
    return known
  }
  const shownIn = new Map<string, readonly string[]>()
  for await (const page of ledger.columns('call', ['callId', 'seedIds', 'parentId'])) {
    for (const { callId, seedIds, parentId } of page) {
      if (parentId !== null) continue
      shownIn.set(callId, [...new Set(seedIds)])
      for (const seedId of new Set(seedIds)) countsOf(seedId).prompts++
    }
  }
  for await (const page of ledger.columns('yield', ['callId', 'raw', 'kept'])) {
    for (const { callId, raw, kept } of page) {
      for (const seedId of shownIn.get(callId) ?? []) {
        countsOf(seedId).children += raw
        countsOf(seedId).kept += kept
      }
    }
  }
  const seeds = new Map<string, Omit<ListedSeed, keyof Counts>>()
  for (const event of await ledger.find('seed-event')) {
    const { seedId, origin, action, instruction, round, step, signal, score, reason, exampleId } = event
    const known = seeds.get(seedId)
    if (action === 'evict') {
      if (known !== undefined) seeds.set(seedId, { ...known, state: 'evicted', evictedRound: round, evictedBecause: reason })
      continue
    }
    const parents = exampleId === null ? [] : (shownIn.get(callOfCandidate(exampleId)) ?? [])
    if (known === undefined) for (const parent of parents) countsOf(parent).heirs++
    seeds.set(seedId, {
      ...{ seedId, origin, instruction, addedRound: round, evictedRound: null, step, signal, score, reason, evictedBecause: null, parents },
      state: 'active',
    })
  }
  const listed = [...seeds.values()].map((seed) => ({ ...seed, ...countsOf(seed.seedId) }))
  const active = listed.filter(({ state }) => state === 'active')
  return {
    active: active.length,
    human: active.filter(({ origin }) => origin === 'human').length,
    machine: active.filter(({ origin }) => origin === 'machine').length,
    seeds: listed,
  }
}
