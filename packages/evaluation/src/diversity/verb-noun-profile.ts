import { entropyOfCounts } from '@sedi/core'
import type { VerbNoun } from './root-verb-noun.ts'

export type VerbNounProfile = {
  /** Different pairs of a verb and its object. */
  readonly pairs: number
  /** `−Σ p·ln p` over the pairs, in nats; NaN without pairs. */
  readonly entropy: number
  /** Share of the 20 most frequent pairs among all found; NaN without pairs. */
  readonly top20: number
  /** Share of texts with a pair. */
  readonly found: number
}

/**
 * How varied the requests of texts are, from their verb–noun pairs (null: the text has none). A verb without an object is no pair.
 * Number and top-20 share depend on the number of texts: compare equal sizes only. Source of the pairs: Wang et al. 2023, Self-Instruct, figure 3.
 */
export function verbNounProfile(parsed: readonly (VerbNoun | null)[]): VerbNounProfile {
  const counts = new Map<string, number>()
  let found = 0
  for (const pair of parsed) {
    if (pair?.noun == null) continue
    const key = `${pair.verb} ${pair.noun}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
    found++
  }
  const top = [...counts.values()].sort((a, b) => b - a).slice(0, 20)
  return {
    pairs: counts.size,
    entropy: entropyOfCounts(counts.values()),
    top20: top.reduce((sum, count) => sum + count, 0) / found,
    found: found / parsed.length,
  }
}
