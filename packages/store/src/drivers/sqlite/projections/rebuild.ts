import type { DatabaseSync } from 'node:sqlite'
import { readFacts } from '../read-facts.ts'
import { createLookups, createProjections } from './projections.ts'

/** Makes every projection again from the facts. The caller holds the transaction. Cost O(facts). */
export function rebuildProjections(database: DatabaseSync): void {
  database.exec('DELETE FROM counter; DELETE FROM digest; DELETE FROM eval_score; DELETE FROM seed_offspring; DELETE FROM example_step')
  const projections = createProjections(database, createLookups(database))
  for (const fact of readFacts(database)) projections.add(fact)
  projections.flush()
}
