import { createHash } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { SediError } from '@sedi/spec'
import type { PgBoss } from 'pg-boss'
import type { Queries, Server } from '../server.ts'

/** The one queue of a store; pg-boss keeps it in a schema of its own beside the store's. */
export const queueName = 'calls'

export const bossSchemaOf = ({ schema }: Pick<Server, 'schema'>): string => `${schema}_queue`

/** A worker that is not heard of for so long has lost its tickets; pg-boss allows no less than 10. */
const leaseSeconds = 10
/** How often lapsed tickets are looked for, by one of all processes. */
const superviseSeconds = 3
/** Longest wait for the database when it is asked whether it is there. */
const answerWithinMs = 5000
/** Longest wait for pg-boss when it is stopped. */
const endWithinMs = 2000
/** A call that so many workers in a row lost: there is something about it. */
const mostHolders = 100

/** What pg-boss fences by: a ticket, and how often it had been taken before. */
export type TicketClaim = { readonly id: string; readonly retryCount: number }

export type Boss = {
  readonly boss: PgBoss
  close(): Promise<void>
}

/**
 * pg-boss over a server's connections; makes its tables on the first use. Rejects with `missing-dependency` where the optional peer is not
 * installed.
 */
export async function openBoss(server: Server): Promise<Boss> {
  const { PgBoss } = await loadPgBoss()
  const boss = new PgBoss({
    db: executorOf(server),
    schema: bossSchemaOf(server),
    schedule: false,
    supervise: false,
    monitorIntervalSeconds: superviseSeconds,
    maintenanceIntervalSeconds: 60,
    monitorVacuum: false,
  })
  boss.on('error', () => {})
  // It waits for what it does in the background, which may be trying for a minute to reach the database.
  const end = (): Promise<void> => Promise.race([boss.stop({ graceful: false, close: false }).catch(() => {}), wait(endWithinMs, undefined, { ref: false })])
  try {
    await server.persistently(async () => {
      await boss.start()
      await boss.createQueue(queueName, {
        heartbeatSeconds: leaseSeconds,
        // The lease ends what is dead; this is pg-boss's longest.
        expireInSeconds: 24 * 3600,
        retryLimit: mostHolders,
        retryDelay: 0,
        deleteAfterSeconds: 300,
      })
    })
  } catch (error) {
    await end()
    throw error
  }
  const endSupervision = supervise(server, boss)
  return {
    boss,
    async close() {
      endSupervision()
      await end()
    },
  }
}

/**
 * Looks for lapsed tickets every few seconds, but only once this process has had the database without a break for as long as a lease: after
 * an outage everybody who holds tickets can be heard of again before anybody takes them away.
 */
function supervise(server: Server, boss: PgBoss): () => void {
  let since = performance.now()
  let looking = false

  async function look(): Promise<void> {
    if (looking) return
    looking = true
    try {
      await server.soon(answerWithinMs).query('SELECT 1')
      if (performance.now() - since >= leaseSeconds * 1000) await boss.supervise(queueName)
    } catch {
      since = performance.now()
    }
    looking = false
  }

  const timer = setInterval(() => void look(), superviseSeconds * 1000).unref()
  return () => clearInterval(timer)
}

/** pg-boss's way to ask a database: ours, also inside a transaction that we have begun. */
export function executorOf(queries: Queries): { executeSql(text: string, values?: unknown[]): Promise<{ rows: never[] }> } {
  return {
    async executeSql(text, values) {
      return { rows: (await queries.query(text, values)).rows as never[] }
    },
  }
}

/** One ticket for a call of a run, whoever puts it there and however often. */
export function ticketIdOf(run: number, callId: string): string {
  const hex = createHash('sha256').update(`${run}/${callId}`).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-')
}

/** Whether the store has ever had a queue. */
export async function hasQueue(server: Server, queries: Queries = server): Promise<boolean> {
  const { rows } = await queries.query('SELECT to_regclass($1) IS NOT NULL AS there', [`${bossSchemaOf(server)}.job`])
  return rows[0]?.there === true
}

async function loadPgBoss(): Promise<typeof import('pg-boss')> {
  try {
    return await import('pg-boss')
  } catch (cause) {
    throw new SediError('missing-dependency', 'Calls for workers need the package pg-boss. Install it with: npm install pg-boss@12', { cause })
  }
}
