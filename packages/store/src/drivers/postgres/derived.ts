import type { Fact } from '@sedi/spec'
import { offspringChanges } from '../../facts/changes.ts'
import { readText, written } from './fact-rows.ts'
import type { Known } from './known.ts'
import type { Queries } from './server.ts'

type Score = { readonly round: number; readonly evaluator: string; readonly group: string; items: number; total: number; ones: number; zeros: number }
type Offspring = { children: number; kept: number; signals: number; signalTotal: number }

/**
 * Brings the derived tables up to date with facts that are being recorded: scores by group, what came of seeds, where examples were
 * trained. Sums are added one after the other, in order of recording, so that they are the same to the last bit however facts were grouped.
 */
export async function writeDerived(queries: Queries, run: number, facts: readonly Fact[], known: Known): Promise<void> {
  await Promise.all([writeScores(queries, run, facts, known), writeOffspring(queries, run, facts, known), writeExampleSteps(queries, run, facts)])
}

async function writeScores(queries: Queries, run: number, facts: readonly Fact[], known: Known): Promise<void> {
  const evals = facts.filter((fact) => fact.kind === 'eval')
  if (evals.length === 0) return
  const rounds = [...new Set(evals.map(({ round }) => round))]
  const { rows } = await queries.query('SELECT * FROM eval_score WHERE run = $1 AND round = ANY ($2)', [run, rounds])
  const scores = new Map(rows.map(scoreOf).map((score) => [placeOf(score), score]))
  const changed = new Set<Score>()
  for (const { round, evaluator, itemId, value } of evals) {
    const empty: Score = { round, evaluator, group: known.groupOf(itemId) ?? '', items: 0, total: 0, ones: 0, zeros: 0 }
    const score = scores.get(placeOf(empty)) ?? empty
    scores.set(placeOf(score), score)
    changed.add(score)
    score.items++
    score.total += value
    score.ones += Number(value === 1)
    score.zeros += Number(value === 0)
  }
  const own = [...changed]
  await queries.query(
    `INSERT INTO eval_score SELECT $1, * FROM unnest($2::int8[], $3::text[], $4::text[], $5::int8[], $6::float8[], $7::int8[], $8::int8[])
     ON CONFLICT (run, round, evaluator, "group") DO UPDATE SET items = excluded.items, total = excluded.total, ones = excluded.ones, zeros = excluded.zeros`,
    [
      run,
      own.map(({ round }) => round),
      own.map(({ evaluator }) => written(evaluator)),
      own.map(({ group }) => written(group)),
      ...(['items', 'total', 'ones', 'zeros'] as const).map((field) => own.map((score) => score[field])),
    ],
  )
}

export const scoreOf = (row: Readonly<Record<string, unknown>>): Score => ({
  round: Number(row.round),
  evaluator: readText(row.evaluator as string),
  group: readText(row.group as string),
  items: Number(row.items),
  total: Number(row.total),
  ones: Number(row.ones),
  zeros: Number(row.zeros),
})

const placeOf = ({ round, evaluator, group }: Score): string => JSON.stringify([round, evaluator, group])

async function writeOffspring(queries: Queries, run: number, facts: readonly Fact[], known: Known): Promise<void> {
  const changes = facts.flatMap((fact) => offspringChanges(fact, known))
  if (changes.length === 0) return
  const seedIds = [...new Set(changes.map(({ seedId }) => seedId))]
  const { rows } = await queries.query('SELECT * FROM seed_offspring WHERE run = $1 AND seed_id = ANY ($2)', [run, seedIds.map(written)])
  const sums = new Map<string, Offspring>(seedIds.map((seedId) => [seedId, { children: 0, kept: 0, signals: 0, signalTotal: 0 }]))
  for (const row of rows) {
    const sum = { children: Number(row.children), kept: Number(row.kept), signals: Number(row.signals), signalTotal: Number(row.signal_total) }
    sums.set(readText(row.seed_id), sum)
  }
  for (const { seedId, children, kept, signals, signalTotal } of changes) {
    const sum = sums.get(seedId)!
    sum.children += children
    sum.kept += kept
    sum.signals += signals
    sum.signalTotal += signalTotal
  }
  const own = [...sums.values()]
  await queries.query(
    `INSERT INTO seed_offspring SELECT $1, * FROM unnest($2::text[], $3::int8[], $4::int8[], $5::int8[], $6::float8[])
     ON CONFLICT (run, seed_id) DO UPDATE
     SET children = excluded.children, kept = excluded.kept, signals = excluded.signals, signal_total = excluded.signal_total`,
    [run, [...sums.keys()].map(written), ...(['children', 'kept', 'signals', 'signalTotal'] as const).map((field) => own.map((sum) => sum[field]))],
  )
}

async function writeExampleSteps(queries: Queries, run: number, facts: readonly Fact[]): Promise<void> {
  const pairs = facts.flatMap((fact) => (fact.kind === 'batch' ? fact.exampleIds.map((id) => [id, fact.step] as const) : []))
  if (pairs.length === 0) return
  await queries.query('INSERT INTO example_step SELECT $1, * FROM unnest($2::text[], $3::int8[]) ON CONFLICT DO NOTHING', [
    run,
    pairs.map(([id]) => written(id)),
    pairs.map(([, step]) => step),
  ])
}
