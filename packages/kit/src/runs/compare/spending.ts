import { toUsd } from '@sedi/pipeline'
import type { Ledger } from '@sedi/spec'
import type { SpendingPoint } from './comparison.ts'

const mostPoints = 200

/** What had been spent and kept after each first call with all its follow-ups, in the order of the plan; embeddings count at the end of their round. */
export async function spendingOf(ledger: Ledger): Promise<SpendingPoint[]> {
  const keptOf = new Map<string, number>()
  for await (const page of ledger.columns('yield', ['callId', 'kept'])) for (const { callId, kept } of page) keptOf.set(callId, kept)
  type Place = { readonly round: number; readonly index: number; calls: number; nanoUsd: number; priced: boolean; kept: number }
  const places = new Map<string, Place>()
  const placeOf = (round: number, index: number): Place => {
    const key = `${round}/${index}`
    const place = places.get(key) ?? { round, index, calls: 0, nanoUsd: 0, priced: true, kept: 0 }
    places.set(key, place)
    return place
  }
  const pay = (place: Place, costNanoUsd: number | null): void => {
    if (costNanoUsd === null) place.priced = false
    else place.nanoUsd += costNanoUsd
  }
  for await (const page of ledger.columns('call', ['callId', 'round', 'index', 'costNanoUsd'])) {
    for (const { callId, round, index, costNanoUsd } of page) {
      const place = placeOf(round, index)
      place.calls++
      place.kept += keptOf.get(callId) ?? 0
      pay(place, costNanoUsd)
    }
  }
  for await (const page of ledger.columns('embed-call', ['round', 'costNanoUsd'])) {
    for (const { round, costNanoUsd } of page) pay(placeOf(round, Infinity), costNanoUsd)
  }

  const points: SpendingPoint[] = [{ calls: 0, costUsd: 0, kept: 0 }]
  let [calls, nanoUsd, priced, kept] = [0, 0, true, 0]
  for (const place of [...places.values()].sort((a, b) => a.round - b.round || a.index - b.index)) {
    calls += place.calls
    nanoUsd += place.nanoUsd
    kept += place.kept
    priced &&= place.priced
    points.push({ calls, costUsd: priced ? toUsd(nanoUsd) : null, kept })
  }
  return thinned(points)
}

/** Evenly many of them, the first and the last among them. */
function thinned(points: readonly SpendingPoint[]): SpendingPoint[] {
  if (points.length <= mostPoints) return [...points]
  return Array.from({ length: mostPoints }, (_, i) => points[Math.round((i * (points.length - 1)) / (mostPoints - 1))]!)
}
