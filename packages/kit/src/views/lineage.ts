import { callOfCandidate, type Ledger, SediError, type SeedEventFact } from '@sedi/spec'
import type { Lineage } from '@sedi/spec/api'

export type LineageOptions = {
  /** Only this seed with its forebears and heirs. */
  readonly focus?: string | undefined
  /** How many generations of them. @default 2 */
  readonly depth?: number | undefined
}

/** Seeds listed at once; without a focus the newest. */
const mostSeeds = 500

type Seed = { readonly added: SeedEventFact; readonly evicted: SeedEventFact | undefined; readonly parents: readonly string[] }

/** Seeds and who came from whom. Throws `not-found` for a focus that was never a seed. Cost O(seeds), some look-ups each. */
export async function lineageOf(ledger: Ledger, { focus, depth = 2 }: LineageOptions = {}): Promise<Lineage> {
  const seeds = await seedsOf(ledger)
  if (focus !== undefined && !seeds.has(focus))
    throw new SediError('not-found', `“${focus}” was never a seed of this run. Without a focus all its seeds are listed.`)
  const heirs = new Map<string, string[]>()
  for (const [seedId, { parents }] of seeds) for (const parent of new Set(parents)) heirs.set(parent, [...(heirs.get(parent) ?? []), seedId])
  const near = focus === undefined ? [...seeds.keys()] : related(focus, depth, seeds, heirs)
  const shown = near.slice(-mostSeeds)
  const listed = new Set(shown)
  return {
    focus: focus ?? null,
    seeds: await Promise.all(shown.map((seedId) => describe(seedId, seeds.get(seedId)!, heirs.get(seedId) ?? [], ledger))),
    edges: shown.flatMap((to) => [...new Set(seeds.get(to)!.parents)].filter((from) => listed.has(from)).map((from) => ({ from, to }))),
    of: seeds.size,
    more: shown.length < near.length,
  }
}

/** By id, in the order in which they first joined; of one that joined again the latest time. */
async function seedsOf(ledger: Ledger): Promise<ReadonlyMap<string, Seed>> {
  const seeds = new Map<string, Seed>()
  for (const event of await ledger.find('seed-event')) {
    const known = seeds.get(event.seedId)
    if (event.action === 'evict') {
      if (known !== undefined) seeds.set(event.seedId, { ...known, evicted: event })
      continue
    }
    const parents = known?.parents ?? (event.exampleId === null ? [] : await shownFor(event.exampleId, ledger))
    seeds.set(event.seedId, { added: event, evicted: undefined, parents })
  }
  return seeds
}

async function shownFor(exampleId: string, ledger: Ledger): Promise<readonly string[]> {
  const [call] = await ledger.find('call', { callId: callOfCandidate(exampleId) })
  return call?.seedIds ?? []
}

/** Forebears and heirs within so many generations, in the order in which they joined. */
function related(focus: string, depth: number, seeds: ReadonlyMap<string, Seed>, heirs: ReadonlyMap<string, readonly string[]>): string[] {
  const found = new Set([focus])
  const walk = (next: (seedId: string) => readonly string[]): void => {
    let front: readonly string[] = [focus]
    for (let i = 0; i < depth; i++) {
      front = [...new Set(front.flatMap(next))].filter((seedId) => seeds.has(seedId) && !found.has(seedId))
      for (const seedId of front) found.add(seedId)
    }
  }
  walk((seedId) => seeds.get(seedId)!.parents)
  walk((seedId) => heirs.get(seedId) ?? [])
  return [...seeds.keys()].filter((seedId) => found.has(seedId))
}

async function describe(seedId: string, { added, evicted, parents }: Seed, heirs: readonly string[], ledger: Ledger): Promise<Lineage['seeds'][number]> {
  const { children, kept, meanGradNorm } = await ledger.offspring(seedId)
  return {
    ...{ seedId, origin: added.origin, text: added.instruction, addedRound: added.round, evictedRound: evicted?.round ?? null },
    ...{ fromInstruction: added.exampleId, batch: added.step, signalName: added.signal, signal: added.score, reason: added.reason },
    ...{ evictedBecause: evicted?.reason ?? null, parents: [...parents], heirs: heirs.length },
    offspring: { kept, rejected: children - kept, meanGradNorm },
  }
}
