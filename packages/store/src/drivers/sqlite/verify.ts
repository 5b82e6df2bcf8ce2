import { statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import type { Damage, DamageKind, Fact } from '@sedi/spec'
import { changesOf, digestWith, offspringChanges } from '../../facts/changes.ts'
import { emptyDigest } from '../../facts/digest.ts'
import { createLookups, readCounters, readDigest } from './projections/projections.ts'
import { lastSeq, readFacts } from './read-facts.ts'
import { damagedError } from './storage-error.ts'
import { readTailMark } from './tail-mark.ts'

/** A reader checks a ledger of up to this size whole: a fraction of a second. */
const smallBytes = 32 * 1024 * 1024

/** Damages named one by one; the rest are counted. */
const named = 20

/** Throws `storage` with every damage found in `details.damage`. */
export function assertSound(database: DatabaseSync, path: string, extent: 'full' | 'small' | 'quick'): void {
  const all = extent === 'full' || (extent === 'small' && statSync(path).size <= smallBytes)
  const damage = all ? findDamage(database, path) : endDamage(database, readTailMark(path))
  if (damage.length > 0) throw damagedError(path, damage)
}

/**
 * Everything that is wrong with a ledger: its structure, its end, every row against its checksum, the sequence without gaps, references,
 * and the projections against the facts. Cost O(facts).
 */
export function findDamage(database: DatabaseSync, path: string): Damage[] {
  // Before the ledger: a writer may be at work, and the mark must not be ahead because of that.
  const mark = readTailMark(path)
  database.exec('BEGIN')
  try {
    const found = [() => structureDamage(database), () => endDamage(database, mark)].flatMap(orStructure)
    const facts = orStructure(() => factDamage(database, found.length === 0))
    return [...found, ...facts, ...orStructure(() => referenceDamage(database))]
  } finally {
    endReading(database)
  }
}

/** On a damaged file even this may throw. */
function endReading(database: DatabaseSync): void {
  try {
    if (database.isTransaction) database.exec('ROLLBACK')
  } catch {
    // What was found is what counts.
  }
}

/** A damaged file may make any statement throw. */
function orStructure(check: () => Damage[]): Damage[] {
  try {
    return check()
  } catch (error) {
    return [{ kind: 'structure', detail: error instanceof Error ? error.message : String(error) }]
  }
}

function structureDamage(database: DatabaseSync): Damage[] {
  const rows = database.prepare(`PRAGMA integrity_check(${named})`).all()
  return rows.map((row) => String(row.integrity_check)).flatMap((text) => (text === 'ok' ? [] : [damageOf('structure', text.replaceAll('\n', ' '))]))
}

function endDamage(database: DatabaseSync, mark: number): Damage[] {
  const last = lastSeq(database)
  if (last >= mark) return []
  return [damageOf('end', `${mark} facts were recorded, the last ${mark - last} of them are missing (was the log cut off, or an older copy put in its place?)`)]
}

/** One pass over all facts: rows against their checksums, the sequence without gaps, and, where all that is sound, the projections. */
function factDamage(database: DatabaseSync, withProjections: boolean): Damage[] {
  const rows: Damage[] = []
  let damagedRows = 0
  let missing = 0
  let expected = 1
  const expectation = withProjections ? createExpectation(database) : undefined
  const facts = readFacts(database, (_, kind, seq) => {
    damagedRows++
    if (damagedRows <= named) rows.push(damageOf('row', `fact ${seq} (${kind}) is not as it was written`))
  })
  for (const fact of facts) {
    missing += Math.max(0, fact.seq - expected)
    expected = fact.seq + 1
    if (damagedRows === 0) expectation?.add(fact)
  }
  missing += lastSeq(database) + 1 - expected
  if (damagedRows > named) rows.push(damageOf('row', `${damagedRows - named} more facts are not as they were written`))
  if (missing > damagedRows) rows.push(damageOf('gap', `${missing - damagedRows} facts between others are missing`))
  return rows.length > 0 || expectation === undefined ? rows : expectation.compare()
}

function referenceDamage(database: DatabaseSync): Damage[] {
  const rows = database.prepare('PRAGMA foreign_key_check').all()
  const tables = Map.groupBy(rows, ({ table, parent }) => `${String(table)} facts refer to ${String(parent)} facts that are not there`)
  return [...tables].map(([text, own]) => damageOf('reference', `${own.length} ${text}`))
}

type Expectation = { add(fact: Fact): void; compare(): Damage[] }

/** What the projections should be, added up again in memory. */
function createExpectation(database: DatabaseSync): Expectation {
  const lookups = createLookups(database)
  const counters = new Map<string, number>()
  const offspring = new Map<string, number[]>()
  let digest = emptyDigest
  return {
    add(fact) {
      for (const [name, change] of Object.entries(changesOf(fact, lookups))) counters.set(name, (counters.get(name) ?? 0) + change)
      for (const { seedId, children, kept, signals, signalTotal } of offspringChanges(fact, lookups)) {
        const own = offspring.get(seedId) ?? [0, 0, 0, 0]
        offspring.set(seedId, [own[0]! + children, own[1]! + kept, own[2]! + signals, own[3]! + signalTotal])
      }
      digest = digestWith(digest, fact, lookups)
    },
    compare: () => [
      ...counterDamage(counters, readCounters(database)),
      ...(digest === readDigest(database) ? [] : [damageOf('projection', 'the digest is not that of the facts')]),
      ...offspringDamage(database, offspring),
      ...derivedTables.flatMap(({ table, facts }) => tableDamage(database, table, facts)),
    ],
  }
}

function counterDamage(expected: ReadonlyMap<string, number>, kept: ReadonlyMap<string, number>): Damage[] {
  const wrong = [...new Set([...expected.keys(), ...kept.keys()])].filter((name) => (expected.get(name) ?? 0) !== (kept.get(name) ?? 0))
  return wrong.map((name) => damageOf('projection', `the counter ${name} is ${kept.get(name) ?? 0}, its facts say ${expected.get(name) ?? 0}`))
}

function offspringDamage(database: DatabaseSync, expected: ReadonlyMap<string, readonly number[]>): Damage[] {
  const rows = database.prepare('SELECT * FROM seed_offspring').all()
  const kept = new Map(rows.map((row) => [String(row.seed_id), [row.children, row.kept, row.signals, row.signal_total].map(Number)]))
  const wrong = [...new Set([...expected.keys(), ...kept.keys()])].filter((seedId) => String(expected.get(seedId)) !== String(kept.get(seedId)))
  return wrong.length === 0 ? [] : [damageOf('projection', `the offspring of ${wrong.length} seeds (${wrong[0]}, …) is not what the facts say`)]
}

const derivedTables: readonly { readonly table: string; readonly facts: string }[] = [
  { table: 'example_step', facts: 'SELECT example.value, step FROM batch, json_each(example_ids) AS example' },
  {
    table: 'eval_score',
    facts: `SELECT round, evaluator, "group", count(*), total, sum(value = 1), sum(value = 0)
            FROM eval JOIN held_out USING (item_id) JOIN eval_score USING (round, evaluator, "group")
            GROUP BY round, evaluator, "group" HAVING abs(total - sum(value)) <= 1e-9 * count(*)`,
  },
]

function tableDamage(database: DatabaseSync, table: string, facts: string): Damage[] {
  const count = (query: string): number => Number(database.prepare(`SELECT count(*) AS n FROM (${query})`).get()!.n)
  const different = count(`${facts} EXCEPT SELECT * FROM ${table}`) + count(`SELECT * FROM ${table} EXCEPT ${facts}`)
  return different === 0 ? [] : [damageOf('projection', `${different} rows of ${table} are not what the facts say`)]
}

const damageOf = (kind: DamageKind, detail: string): Damage => ({ kind, detail })
