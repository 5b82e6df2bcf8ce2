import { toNanoUsd } from '@sedi/pipeline'
import type { BudgetOptions, RunConfig } from '@sedi/spec'

/** The caps of `budget`, as a ledger keeps them. */
export function budgetOf({ budget: { maxCostUsd, maxTokens, shared } }: Pick<RunConfig, 'budget'>): BudgetOptions {
  return { maxCostNanoUsd: maxCostUsd === undefined ? undefined : toNanoUsd(maxCostUsd), maxTokens, shared }
}
