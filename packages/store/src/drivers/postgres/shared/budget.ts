import type { Queries } from '../server.ts'

/**
 * A budget that several runs of a store share: `budget_share` has one row per run with the absolute amount it has committed (settled +
 * uncertain + open). It is written in the transaction that records the facts, so the two never differ on disk.
 *
 * Whoever reserves locks the budget's row first, adds up the others, and writes its own amount before letting go: two reservations cannot
 * see the same room. Settling lowers a run's own row without that lock; who adds up meanwhile sees the higher amount, which is the safe side.
 * Every transaction locks its own run before the budget, so none waits in a circle.
 */
export async function readOthers(queries: Queries, budget: string, run: number): Promise<number> {
  await queries.query('SELECT name FROM budget WHERE name = $1 FOR UPDATE', [budget])
  const { rows } = await queries.query('SELECT coalesce(sum(nano_usd), 0)::int8 AS sum FROM budget_share WHERE budget = $1 AND run <> $2', [budget, run])
  return Number(rows[0]?.sum)
}

/** Locks the budget, made when there is none of the name; the caller holds the run's lock, and writes its share. */
export async function joinBudget(queries: Queries, budget: string): Promise<void> {
  await queries.query('INSERT INTO budget VALUES ($1) ON CONFLICT DO NOTHING', [budget])
  await queries.query('SELECT name FROM budget WHERE name = $1 FOR UPDATE', [budget])
}

export async function writeShare(queries: Queries, budget: string, run: number, nanoUsd: number): Promise<void> {
  await queries.query(
    'INSERT INTO budget_share VALUES ($1, $2, $3) ON CONFLICT (budget, run) DO UPDATE SET nano_usd = excluded.nano_usd WHERE budget_share.nano_usd <> excluded.nano_usd',
    [budget, run, nanoUsd],
  )
}
