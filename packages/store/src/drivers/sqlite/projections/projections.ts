import type { DatabaseSync } from 'node:sqlite'
import type { Fact } from '@sedi/spec'
import { changesOf, digestWith, type Lookups, offspringChanges } from '../../../facts/changes.ts'
import { emptyDigest } from '../../../facts/digest.ts'

export function createLookups(database: DatabaseSync): Lookups {
  const reserved = 'SELECT reserved_nano_usd, reserved_input_tokens, reserved_output_tokens FROM attempt WHERE call_id = ?'
  const attempt = database.prepare(`${reserved} AND attempt = ?`)
  const lastAttempt = database.prepare(`${reserved} ORDER BY attempt DESC LIMIT 1`)
  const call = database.prepare('SELECT response_hash FROM call WHERE call_id = ?')
  const item = database.prepare('SELECT "group" FROM held_out WHERE item_id = ?')
  const shown = database.prepare('SELECT seed_ids FROM call WHERE call_id = ?')
  const shownForBatch = database.prepare(
    `SELECT seed_ids FROM batch, json_each(example_ids) AS example JOIN candidate ON candidate.id = example.value JOIN call USING (call_id)
     WHERE step = ? ORDER BY example.key`,
  )
  const parse = (seedIds: unknown): string[] => JSON.parse(String(seedIds))
  return {
    reservedBy: (callId, number) => {
      const row = number === undefined ? lastAttempt.get(callId) : attempt.get(callId, number)
      if (row === undefined) return undefined
      return {
        nanoUsd: Number(row.reserved_nano_usd ?? 0),
        inputTokens: Number(row.reserved_input_tokens),
        outputTokens: Number(row.reserved_output_tokens),
      }
    },
    responseHashOf: (callId) => call.get(callId)?.response_hash as string | undefined,
    groupOf: (itemId) => item.get(itemId)?.group as string | undefined,
    seedsOf: (callId) => parse(shown.get(callId)?.seed_ids ?? '[]'),
    seedsOfBatch: (step) => shownForBatch.all(step).flatMap((row) => parse(row.seed_ids)),
  }
}

/**
 * The projections of a ledger: counters, digest, scores by group, and who was shown or trained where. Derived from the facts, kept in the
 * transaction that records them, and never the only place where something is written: `rebuild` makes them again.
 */
export type Projections = {
  /** What a fact that was just inserted changes. */
  add(fact: Fact): void
  /** Writes what changed in memory; before COMMIT. */
  flush(): void
  /** A point to go back to, together with the database's own savepoint. */
  mark(): Mark
  rollback(mark: Mark): void
  readonly counters: ReadonlyMap<string, number>
}

export type Mark = { readonly counters: ReadonlyMap<string, number>; readonly digest: string }

export function createProjections(database: DatabaseSync, lookups: Lookups): Projections {
  let counters = readCounters(database)
  let digest = readDigest(database)
  let writtenDigest = digest
  const dirty = new Set<string>()
  const writeCounter = database.prepare('INSERT INTO counter VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value')
  const writeDigest = database.prepare('INSERT INTO digest (only, value) VALUES (1, ?) ON CONFLICT (only) DO UPDATE SET value = excluded.value')
  const addOffspring = database.prepare(
    `INSERT INTO seed_offspring VALUES (?, ?, ?, ?, ?) ON CONFLICT (seed_id) DO UPDATE
     SET children = children + excluded.children, kept = kept + excluded.kept, signals = signals + excluded.signals,
         signal_total = signal_total + excluded.signal_total`,
  )
  const addTrained = database.prepare('INSERT OR IGNORE INTO example_step VALUES (?, ?)')
  const addScore = database.prepare(
    `INSERT INTO eval_score VALUES (?, ?, ?, 1, ?, ?, ?) ON CONFLICT (round, evaluator, "group") DO UPDATE
     SET items = items + 1, total = total + excluded.total, ones = ones + excluded.ones, zeros = zeros + excluded.zeros`,
  )

  return {
    add(fact) {
      for (const [name, change] of Object.entries(changesOf(fact, lookups))) {
        if (change === 0) continue
        counters.set(name, (counters.get(name) ?? 0) + change)
        dirty.add(name)
      }
      digest = digestWith(digest, fact, lookups)
      for (const { seedId, children, kept, signals, signalTotal } of offspringChanges(fact, lookups)) {
        addOffspring.run(seedId, children, kept, signals, signalTotal)
      }
      if (fact.kind === 'batch') for (const exampleId of fact.exampleIds) addTrained.run(exampleId, fact.step)
      if (fact.kind === 'eval') {
        addScore.run(fact.round, fact.evaluator, lookups.groupOf(fact.itemId) ?? '', fact.value, Number(fact.value === 1), Number(fact.value === 0))
      }
    },
    flush() {
      for (const name of dirty) writeCounter.run(name, counters.get(name)!)
      if (digest !== writtenDigest) writeDigest.run(digest)
      writtenDigest = digest
      dirty.clear()
    },
    mark: () => ({ counters: new Map(counters), digest }),
    rollback(mark) {
      counters = new Map(mark.counters)
      digest = mark.digest
      writtenDigest = ''
      // Writing a counter that did not change costs little; forgetting one that did would be a lie.
      for (const name of counters.keys()) dirty.add(name)
    },
    get counters() {
      return counters
    },
  }
}

export function readCounters(database: DatabaseSync): Map<string, number> {
  const rows = database.prepare('SELECT name, value FROM counter').all()
  return new Map(rows.map(({ name, value }) => [String(name), Number(value)]))
}

export function readDigest(database: DatabaseSync): string {
  return String(database.prepare('SELECT value FROM digest').get()?.value ?? emptyDigest)
}
