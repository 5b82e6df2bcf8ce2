import { SediError } from '@sedi/spec'
import type { PgBoss } from 'pg-boss'
import type { Tickets } from '../record.ts'
import type { Queries, Server } from '../server.ts'
import { bossSchemaOf, executorOf, hasQueue, queueName, type TicketClaim } from './boss.ts'

/** Fences a transaction by pg-boss's own fence: to be heard of (`touch`) is refused to whom the ticket is no longer, and locks it until COMMIT. */
export function createTickets(boss: PgBoss): Tickets {
  const hold = async (connection: Queries, claims: readonly TicketClaim[]): Promise<ReadonlySet<string>> => {
    const own = [...new Map(claims.map((claim) => [claim.id, claim])).values()]
    if (own.length === 0) return new Set()
    const db = executorOf(connection)
    if (affectedBy(await boss.touch(queueName, own, { db })) === own.length) return new Set(own.map(({ id }) => id))
    const held = new Set<string>()
    for (const claim of own) if (affectedBy(await boss.touch(queueName, [claim], { db })) === 1) held.add(claim.id)
    return held
  }
  return {
    hold,
    async end(connection, claims) {
      const affected = affectedBy(await boss.complete(queueName, [...claims], null, { db: executorOf(connection) }))
      if (affected !== claims.length)
        throw new SediError('internal', `Of ${claims.length} tickets only ${affected} could be ended in the transaction that held them.`)
    },
  }
}

/** How many jobs a command found as it was told they would be; pg-boss documents it and leaves it out of its types. */
const affectedBy = (response: object): number => (response as { readonly affected: number }).affected

/** Takes back a run's tickets that nobody holds; resolves with the calls of the others, lapsed since or not. Empty where the store has no queue. */
export async function takeBackTickets(server: Server, run: number): Promise<readonly string[]> {
  if (!(await hasQueue(server))) return []
  const table = `${bossSchemaOf(server)}.job`
  await server.query(`DELETE FROM ${table} WHERE name = $1 AND group_id = $2 AND state <> 'active'`, [queueName, String(run)])
  const { rows } = await server.query(`SELECT singleton_key FROM ${table} WHERE name = $1 AND group_id = $2 AND state <= 'active'`, [queueName, String(run)])
  return rows.map(({ singleton_key: callId }) => String(callId))
}
