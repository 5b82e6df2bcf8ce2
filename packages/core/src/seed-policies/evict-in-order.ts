import type { SeedStanding } from '../evictions.ts'
import type { Departure, SeedPolicySettings } from './seed-policy.ts'

/** The first `count` of an order that may leave: human seeds only while their share of the set stays protected. */
export function evictInOrder(
  order: readonly SeedStanding[],
  count: number,
  { protectHuman }: Pick<SeedPolicySettings, 'protectHuman'>,
  reason: string,
): Departure[] {
  const humanFloor = Math.ceil(order.length * protectHuman)
  let humans = order.filter(({ origin }) => origin === 'human').length
  const gone: Departure[] = []
  for (const { id, origin } of order) {
    if (gone.length >= count) break
    if (origin === 'human' && humans - 1 < humanFloor) continue
    if (origin === 'human') humans--
    gone.push({ id, score: null, reason })
  }
  return gone
}
