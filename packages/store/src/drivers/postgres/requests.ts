import type { RunRequest } from '@sedi/spec'
import type { Queries, Server } from './server.ts'
import { channelOf } from './writer.ts'

/** How often is looked beside being told: a notification is lost with the connection. */
const lookEveryMs = 2000

/** Leaves a request for the process that writes the run, and tells it. */
export async function leaveRequest(server: Server, run: number, { action, session }: RunRequest): Promise<void> {
  await server.query(`INSERT INTO request VALUES ($1, $2, $3) ON CONFLICT (run, action) DO UPDATE SET session = greatest(request.session, excluded.session)`, [
    run,
    action,
    session,
  ])
  await server.query('SELECT pg_notify($1, $2)', [channelOf(server, run), action])
}

export type RequestWatch = {
  /** Looks now. */
  look(): void
  close(): void
}

/**
 * Calls the listener for each request to this session and removes it; at most once per action. A request to an earlier session came too
 * late: it is removed and nothing else. One for a later session stays.
 */
export function watchRequests(queries: Queries, run: number, session: number, listener: (action: RunRequest['action']) => void): RequestWatch {
  const followed = new Set<RunRequest['action']>()
  let closed = false
  let looking = false
  let again = false

  async function lookNow(): Promise<void> {
    const { rows } = await queries.query('SELECT action, session FROM request WHERE run = $1 AND session <= $2', [run, session])
    if (rows.length === 0) return
    // The stronger one first.
    for (const row of rows.toSorted((a, b) => String(a.action).localeCompare(String(b.action)))) {
      const action = row.action as RunRequest['action']
      if (closed || Number(row.session) !== session || followed.has(action)) continue
      followed.add(action)
      listener(action)
    }
    // Only now: a DELETE whose answer is lost with the line, and which is done again, would return nothing.
    await queries.query('DELETE FROM request WHERE run = $1 AND session <= $2 AND action = ANY ($3)', [run, session, rows.map(({ action }) => action)])
  }

  function look(): void {
    if (closed) return
    // What came during a look may have come after its question.
    again = looking
    if (looking) return
    looking = true
    // What cannot be asked now is asked the next time.
    void lookNow()
      .catch(() => {})
      .finally(() => {
        looking = false
        if (again) look()
      })
  }

  const timer = setInterval(look, lookEveryMs)
  timer.unref()
  look()
  return {
    look,
    close() {
      closed = true
      clearInterval(timer)
    },
  }
}
