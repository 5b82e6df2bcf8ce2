import type { QueueFigures } from '@sedi/spec'
import type { Queries, Server } from '../server.ts'
import { bossSchemaOf, hasQueue, queueName } from './boss.ts'
import { countWorkers } from './presence.ts'

/** What waits in a store's queue, over all runs; zeros where it has none yet. */
export async function readQueueFigures(server: Server, queries: Queries): Promise<QueueFigures> {
  const workers = await countWorkers(server, queries)
  if (!(await hasQueue(server, queries))) return { waiting: 0, inHands: 0, workers }
  const { rows } = await queries.query(
    `SELECT count(*) FILTER (WHERE state < 'active') AS waiting, count(*) FILTER (WHERE state = 'active') AS in_hands
     FROM ${bossSchemaOf(server)}.job WHERE name = $1 AND state <= 'active'`,
    [queueName],
  )
  return { waiting: Number(rows[0]?.waiting), inHands: Number(rows[0]?.in_hands), workers }
}
