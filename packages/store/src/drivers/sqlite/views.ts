import type { DatabaseSync } from 'node:sqlite'
import type { Offspring, ScoreTotals } from '@sedi/spec'

export function readScores(database: DatabaseSync): ScoreTotals[] {
  return database
    .prepare('SELECT * FROM eval_score ORDER BY round, evaluator, "group"')
    .all()
    .map((row) => ({
      round: Number(row.round),
      evaluator: String(row.evaluator),
      group: String(row.group),
      items: Number(row.items),
      total: Number(row.total),
      ones: Number(row.ones),
      zeros: Number(row.zeros),
    }))
}

export function offspringOf(database: DatabaseSync, seedId: string): Offspring {
  const row = database.prepare('SELECT * FROM seed_offspring WHERE seed_id = ?').get(seedId)
  if (row === undefined) return { children: 0, kept: 0, meanGradNorm: null }
  const signals = Number(row.signals)
  return { children: Number(row.children), kept: Number(row.kept), meanGradNorm: signals === 0 ? null : Number(row.signal_total) / signals }
}
