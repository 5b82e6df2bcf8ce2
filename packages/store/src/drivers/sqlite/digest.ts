import { createHash } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'

/**
 * What two runs of one config fed the same responses have in common, in the run's own order: answers that were used, candidates,
 * batches, steps, seed events, evals. Prices, times, attempts, paths and surplus answers are left out.
 */
const results: readonly string[] = [
  'SELECT y.call_id, c.response_hash FROM yield y JOIN call c USING (call_id) ORDER BY y.seq',
  'SELECT id, instruction, input, output, verdict, reason, detail, nearest_id, nearest_score FROM candidate ORDER BY seq',
  'SELECT step, round, epoch, composer, example_ids, clusters, diversity, conflicts FROM batch ORDER BY step',
  'SELECT step, round, loss, grad_norm, learning_rate, target_tokens, example_losses FROM step ORDER BY step',
  'SELECT "index", round, action, seed_id, origin, instruction, input, output, example_id, step, window_end, signal, score, reason FROM seed_event ORDER BY "index"',
  'SELECT round, evaluator, item_id, value, prediction FROM eval ORDER BY round, evaluator, item_id',
]

/** SHA-256, hexadecimal. Cost O(facts). */
export function digestOf(database: DatabaseSync): string {
  const hash = createHash('sha256')
  for (const query of results) {
    for (const row of database.prepare(query).iterate()) hash.update(`${JSON.stringify(Object.values(row))}\n`)
    hash.update('\n')
  }
  return hash.digest('hex')
}
