import { assertLayout, lockClass } from '../layouts.ts'
import type { Connection, Server } from '../server.ts'

/** Second half of the lock's key; runs have positive numbers, and 0 is for the layout. */
const workersLock = -1

/**
 * Shows that a worker is there, by a lock of its session, which ends with the process; and holds, as every writer does, the lock against
 * changes of the store's layout. Taken again after a lost connection.
 */
export async function showPresence(server: Server): Promise<{ close(): Promise<void> }> {
  let closed = false
  let connection: Connection | undefined

  async function connect(): Promise<void> {
    const opened = await server.connect()
    try {
      await opened.query('SELECT pg_advisory_lock_shared($1, 0)', [lockClass(server.schema)])
      await assertLayout(opened, server)
      await opened.query('SELECT pg_advisory_lock_shared($1, $2)', [lockClass(server.schema), workersLock])
    } catch (error) {
      opened.drop()
      throw error
    }
    connection = opened
    opened.onLost(() => {
      connection = undefined
      // Who cannot come back within a minute finds that out with the next thing it records.
      if (!closed) void server.persistently(connect).catch(() => {})
    })
    if (closed) await opened.close()
  }

  await server.persistently(connect)
  return {
    async close() {
      closed = true
      await connection?.close()
    },
  }
}

export async function countWorkers(server: Server): Promise<number> {
  const { rows } = await server.query(
    `SELECT count(*) AS workers FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
     AND classid = $1::int8::oid AND objid = $2::int8::oid AND objsubid = 2`,
    [lockClass(server.schema) >>> 0, workersLock >>> 0],
  )
  return Number(rows[0]?.workers)
}
