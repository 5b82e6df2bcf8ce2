import type { Damage, DamageKind, Fact } from '@sedi/spec'
import { changesOf, digestWith, offspringChanges } from '../../facts/changes.ts'
import { emptyDigest } from '../../facts/digest.ts'
import { scoreOf, writeDerived } from './derived.ts'
import { readText, type Shapes } from './fact-rows.ts'
import { createKnown, type Known } from './known.ts'
import { lastSeq, readFacts } from './reader.ts'
import { countersOf } from './record.ts'
import type { Connection, Queries } from './server.ts'

/** Damages named one by one; the rest are counted. */
const named = 20

/**
 * Everything that is wrong with a run: each row against its checksum, the sequence without gaps, and the derived figures against the facts.
 * The caller's transaction sees one state of the database. References are the server's to keep, and the soundness of its files is its
 * operator's (data checksums, pg_amcheck). Cost O(facts); memory grows with the answers and candidates, not with their texts.
 */
export async function findDamage(queries: Queries, run: number, shapes: Shapes): Promise<{ readonly facts: number; readonly damage: readonly Damage[] }> {
  const rows: Damage[] = []
  let damaged = 0
  let missing = 0
  let expected = 1
  const sums = createSums()
  const facts = readFacts(queries, run, shapes, (_, kind, seq) => {
    damaged++
    if (damaged <= named) rows.push(damageOf('row', `fact ${seq} (${kind}) is not as it was written`))
  })
  for await (const fact of facts) {
    missing += Math.max(0, fact.seq - expected)
    expected = fact.seq + 1
    if (damaged === 0 && missing === 0) sums.add(fact)
  }
  const last = await lastSeq(queries, run)
  missing += last + 1 - expected
  if (damaged > named) rows.push(damageOf('row', `${damaged - named} more facts are not as they were written`))
  if (missing > damaged) rows.push(damageOf('gap', `${missing - damaged} facts between others, or at the end, are missing`))
  return { facts: last, damage: rows.length > 0 ? rows : await compare(queries, run, sums) }
}

/** Makes what is derived from the facts again. The caller holds the run's lock in a transaction of its own. */
export async function rebuildDerived(connection: Connection, run: number, shapes: Shapes): Promise<void> {
  for (const table of ['eval_score', 'seed_offspring', 'example_step']) await connection.query(`DELETE FROM ${table} WHERE run = $1`, [run])
  const sums = createSums()
  let chunk: Fact[] = []
  for await (const fact of readFacts(connection, run, shapes)) {
    sums.add(fact)
    chunk.push(fact)
    if (chunk.length < 1000) continue
    await writeDerived(connection, run, chunk, sums.known)
    chunk = []
  }
  await writeDerived(connection, run, chunk, sums.known)
  const counters = JSON.stringify(Object.fromEntries(sums.counters))
  await connection.query('UPDATE head SET digest = $2, counters = $3 WHERE run = $1', [run, sums.digest(), counters])
}

type Sums = {
  readonly known: Known
  readonly counters: ReadonlyMap<string, number>
  readonly offspring: ReadonlyMap<string, readonly number[]>
  readonly scores: ReadonlyMap<string, readonly number[]>
  readonly exampleSteps: ReadonlySet<string>
  digest(): string
  add(fact: Fact & { readonly seq: number }): void
}

/** What is derived from the facts, added up again in memory. */
function createSums(): Sums {
  const known = createKnown()
  const counters = new Map<string, number>()
  const offspring = new Map<string, number[]>()
  const scores = new Map<string, number[]>()
  const exampleSteps = new Set<string>()
  let digest = emptyDigest
  const addTo = (sums: Map<string, number[]>, key: string, amounts: readonly number[]): void => {
    const own = sums.get(key) ?? amounts.map(() => 0)
    sums.set(
      key,
      own.map((sum, i) => sum + amounts[i]!),
    )
  }
  return {
    known,
    counters,
    offspring,
    scores,
    exampleSteps,
    digest: () => digest,
    add(fact) {
      known.note(fact)
      for (const [name, change] of Object.entries(changesOf(fact, known))) if (change !== 0) counters.set(name, (counters.get(name) ?? 0) + change)
      digest = digestWith(digest, fact, known)
      for (const { seedId, children, kept, signals, signalTotal } of offspringChanges(fact, known))
        addTo(offspring, seedId, [children, kept, signals, signalTotal])
      if (fact.kind === 'batch') for (const id of fact.exampleIds) exampleSteps.add(JSON.stringify([id, fact.step]))
      if (fact.kind !== 'eval') return
      const place = JSON.stringify([fact.round, fact.evaluator, known.groupOf(fact.itemId) ?? ''])
      addTo(scores, place, [1, fact.value, Number(fact.value === 1), Number(fact.value === 0)])
    },
  }
}

async function compare(queries: Queries, run: number, sums: Sums): Promise<Damage[]> {
  const read = async (query: string) => (await queries.query(query, [run])).rows
  const [head] = await read('SELECT counters, digest FROM head WHERE run = $1')
  const kept = countersOf(head?.counters)
  const counters = [...new Set([...sums.counters.keys(), ...kept.keys()])]
    .filter((name) => (sums.counters.get(name) ?? 0) !== (kept.get(name) ?? 0))
    .map((name) => damageOf('projection', `the counter ${name} is ${kept.get(name) ?? 0}, its facts say ${sums.counters.get(name) ?? 0}`))
  const offspring = (await read('SELECT * FROM seed_offspring WHERE run = $1')).map(
    (row) => [readText(row.seed_id), [row.children, row.kept, row.signals, row.signal_total].map(Number)] as const,
  )
  const scores = (await read('SELECT * FROM eval_score WHERE run = $1'))
    .map(scoreOf)
    .map(({ round, evaluator, group, items, total, ones, zeros }) => [JSON.stringify([round, evaluator, group]), [items, total, ones, zeros]] as const)
  const steps = (await read('SELECT example_id, step FROM example_step WHERE run = $1')).map(
    (row) => [JSON.stringify([readText(row.example_id), Number(row.step)]), []] as const,
  )
  return [
    ...counters,
    ...(head?.digest === sums.digest() ? [] : [damageOf('projection', 'the digest is not that of the facts')]),
    ...different('seed_offspring', sums.offspring, new Map(offspring)),
    ...different('eval_score', sums.scores, new Map(scores)),
    ...different('example_step', new Map([...sums.exampleSteps].map((place) => [place, []])), new Map(steps)),
  ]
}

function different(table: string, wanted: ReadonlyMap<string, readonly number[]>, kept: ReadonlyMap<string, readonly number[]>): Damage[] {
  const wrong = [...new Set([...wanted.keys(), ...kept.keys()])].filter((place) => String(wanted.get(place)) !== String(kept.get(place)))
  return wrong.length === 0 ? [] : [damageOf('projection', `${wrong.length} rows of ${table} (${wrong[0]}, …) are not what the facts say`)]
}

const damageOf = (kind: DamageKind, detail: string): Damage => ({ kind, detail })
