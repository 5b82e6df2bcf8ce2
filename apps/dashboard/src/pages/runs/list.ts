import type { RunSummary } from '../../api/runs.ts'

type Order = { readonly name: string; readonly compare: (a: RunSummary, b: RunSummary) => number }

export const orders: Readonly<Record<string, Order>> = {
  newest: { name: 'newest first', compare: (a, b) => b.createdAt - a.createdAt },
  oldest: { name: 'oldest first', compare: (a, b) => a.createdAt - b.createdAt },
  name: { name: 'by name', compare: (a, b) => a.runId.localeCompare(b.runId, 'en', { numeric: true }) },
  kept: { name: 'most kept', compare: (a, b) => b.totals.kept - a.totals.kept },
  cost: { name: 'most expensive', compare: (a, b) => b.totals.settledNanoUsd - a.totals.settledNanoUsd },
}

/** The runs that have the text in name or recipe, and that state, in order. An order that does not exist is the usual one. */
export function matching(
  runs: readonly RunSummary[],
  { text, state, order }: { readonly text: string; readonly state: string; readonly order: string },
): readonly RunSummary[] {
  const wanted = text.trim().toLowerCase()
  return runs
    .filter((run) => state === '' || run.state === state)
    .filter(({ runId, recipe }) => runId.toLowerCase().includes(wanted) || recipe.toLowerCase().includes(wanted))
    .toSorted((orders[order] ?? orders.newest!).compare)
}

/** The states that there are, in alphabetical order. */
export const statesOf = (runs: readonly RunSummary[]): readonly string[] => [...new Set(runs.map(({ state }) => state))].sort()

/** Dollars of a run; a price that is unknown for one answer is unknown for all. */
export function moneyOf({ settledNanoUsd, unpricedCalls, openNanoUsd, uncertainNanoUsd, kept }: RunSummary['totals']): {
  readonly costUsd: number | null
  readonly costPerKeptUsd: number | null
  readonly uncertainUsd: number
} {
  const costUsd = unpricedCalls > 0 ? null : settledNanoUsd / 1e9
  return { costUsd, costPerKeptUsd: costUsd === null || kept === 0 ? null : costUsd / kept, uncertainUsd: (openNanoUsd + uncertainNanoUsd) / 1e9 }
}
