import type { RateLimit } from '@sedi/spec'

/** So long a limit that a provider stated is believed; providers state it with every reply. */
export const statedForMs = 10 * 60_000

/** What a provider says of one of its limits, where that makes sense. */
export type StatedLimit = {
  readonly limit: number
  /** What it has counted. */
  readonly used: number
  /** Until it will have forgotten all of that. */
  readonly resetMs: number | undefined
}

/** Undefined for what cannot be a limit: some services report 0 or −1 when they have none. */
export function statedLimit({ limit, remaining, resetMs }: RateLimit = {}): StatedLimit | undefined {
  if (limit === undefined || !Number.isFinite(limit) || limit <= 0) return undefined
  const known = remaining !== undefined && remaining >= 0 && remaining <= limit
  return { limit, used: known ? limit - remaining : 0, resetMs: resetMs !== undefined && resetMs >= 0 ? resetMs : undefined }
}

/** The lower of the two that are known. */
export const lower = (a: number | undefined, b: number | undefined): number | undefined => (a === undefined ? b : b === undefined ? a : Math.min(a, b))

/**
 * What others with the same key have used: the provider has counted more than we have. Our own count runs ahead of the provider's, by what is on its
 * way, so a difference is never ours. `at` is the time to enter it at, so that it leaves the window when the provider forgets it.
 */
export function foreignUse(stated: StatedLimit, counted: number, now: number, windowMs: number): { readonly at: number; readonly amount: number } | undefined {
  const amount = Math.floor(stated.used - counted)
  const leavesInMs = Math.min(windowMs, stated.resetMs ?? windowMs)
  return amount < 1 || leavesInMs <= 0 ? undefined : { at: now - windowMs + leavesInMs, amount }
}
