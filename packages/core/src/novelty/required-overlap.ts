/**
 * A pair of texts of m and n words can score `score` or more only when their LCS is at least `requiredOverlap(halfOf(score), m, n)`.
 *
 * F = 2L / (m + n) in exact arithmetic, so L ≥ score·(m + n)/2. The float64 F differs from that by a few units in the last place, in either
 * direction at exact ties; the margin of 1e-12 is a thousand times wider, so no pair is lost. A pair at the bound is decided by F itself.
 */
export function requiredOverlap(half: number, m: number, n: number): number {
  return Math.max(1, Math.ceil(half * (m + n)))
}

export function halfOf(score: number): number {
  return (score / 2) * (1 - 1e-12)
}

/** The least overlap any other text needs with one of n words to score above `threshold`: with the shortest that can. */
export function leastOverlap(half: number, n: number): number {
  let m = Math.max(1, Math.floor((half * n) / (1 - half)) - 2)
  while (requiredOverlap(half, m, n) > m) m++
  return requiredOverlap(half, m, n)
}
