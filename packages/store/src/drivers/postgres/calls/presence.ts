import { assertLayout, lockClass } from '../layouts.ts'
import type { Connection, Queries, Server } from '../server.ts'

/** Second half of the lock's key; runs have positive numbers, and 0 is for the layout. */
const workersLock = -1

/** Longest wait for an answer on the connection that shows a worker; silent for longer, it counts as lost and is made anew. */
const answerWithinMs = 4000

export type Presence = {
  /** The connection that shows it, for what must not wait behind anything else; undefined while it is lost. */
  connection(): Connection | undefined
  close(): Promise<void>
}

export type PresenceOptions = {
  /** Called after every reconnection. */
  readonly onBack: () => void
  /** It could not be shown again: the database is away for too long, or the store has another layout now. */
  readonly onFailed: (error: unknown) => void
}

/**
 * Shows that a worker is there, by a lock of its session, which ends with the process; and holds, as every writer does, the lock against
 * changes of the store's layout. Taken again after a lost connection.
 */
export async function showPresence(server: Server, { onBack, onFailed }: PresenceOptions): Promise<Presence> {
  let closed = false
  let connection: Connection | undefined

  async function connect(): Promise<void> {
    const opened = await server.connect(answerWithinMs)
    try {
      await opened.query('SELECT pg_advisory_lock_shared($1, 0)', [lockClass(server.schema)])
      await assertLayout(opened, server)
      await opened.query('SELECT pg_advisory_lock_shared($1, $2)', [lockClass(server.schema), workersLock])
    } catch (error) {
      opened.drop()
      throw error
    }
    if (closed) return opened.close()
    connection = opened
    opened.onLost(() => {
      if (connection === opened) connection = undefined
      if (!closed) void server.persistently(connect).then(onBack, onFailed)
    })
  }

  await server.persistently(connect)
  return {
    connection: () => connection,
    async close() {
      closed = true
      await connection?.close()
    },
  }
}

export async function countWorkers(server: Server, queries: Queries = server): Promise<number> {
  const { rows } = await queries.query(
    `SELECT count(*) AS workers FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
     AND classid = $1::int8::oid AND objid = $2::int8::oid AND objsubid = 2`,
    [lockClass(server.schema) >>> 0, workersLock >>> 0],
  )
  return Number(rows[0]?.workers)
}
