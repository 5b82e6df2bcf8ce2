import type { LineageSeed } from './lineage-layout.ts'

/** What the list of seeds may be narrowed to. */
export const seedFilters = [
  { id: 'all', name: 'All', fits: (): boolean => true },
  { id: 'human', name: 'Human', fits: ({ origin }: LineageSeed): boolean => origin === 'human' },
  { id: 'machine', name: 'Machine', fits: ({ origin }: LineageSeed): boolean => origin === 'machine' },
  { id: 'active', name: 'In the set now', fits: ({ evictedRound }: LineageSeed): boolean => evictedRound === null },
  { id: 'retired', name: 'Retired', fits: ({ evictedRound }: LineageSeed): boolean => evictedRound !== null },
] as const

export type SeedFilter = (typeof seedFilters)[number]['id']

/** The filter an address names; all for none, and for one that does not exist. */
export const filterNamed = (id: string | undefined): SeedFilter => seedFilters.find((filter) => filter.id === id)?.id ?? 'all'

export const fitting = (seeds: readonly LineageSeed[], filter: SeedFilter): readonly LineageSeed[] =>
  seeds.filter(seedFilters.find(({ id }) => id === filter)!.fits)

/** Whom to show to somebody who named nobody: the machine seed with the most heirs, then the most children; of a run without one, the first seed. */
export function firstFocus(seeds: readonly LineageSeed[]): string | undefined {
  const machine = seeds.filter(({ origin }) => origin === 'machine')
  const [best] = machine.toSorted((a, b) => b.heirs - a.heirs || b.offspring.kept - a.offspring.kept)
  return (best ?? seeds[0])?.seedId
}
