import { type AttemptFact, SediError } from '@sedi/spec'

/** Nothing is granted in silence that cannot be counted: throws `invalid-config` for an attempt of unknown price under a cap in dollars. */
export function assertPriced({ callId, reservedNanoUsd }: AttemptFact, maxCostNanoUsd: number | undefined): void {
  if (maxCostNanoUsd === undefined || reservedNanoUsd !== null) return
  throw new SediError(
    'invalid-config',
    `${callId}: a budget in dollars cannot be held, because the price of this call is unknown. Start a new run with a price (generator.price, or the embedder’s), or with budget.maxTokens.`,
  )
}
