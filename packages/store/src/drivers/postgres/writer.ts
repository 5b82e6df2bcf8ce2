import { type AttemptFact, type BudgetDecision, type Fact, SediError } from '@sedi/spec'
import { isCollision, isLost } from './errors.ts'
import type { Shapes } from './fact-rows.ts'
import { assertLayout, lockClass } from './layouts.ts'
import { type Caps, committedNanoUsd, countersOf, type Result, type RunTarget, recordGroup, takenOver, type Work } from './record.ts'
import { recordOrEach } from './record-or-each.ts'
import type { Connection, Queries, Server } from './server.ts'
import { joinBudget, writeShare } from './shared/budget.ts'
import { createWorkGroups } from './work-groups.ts'

/** The right to write a run, and the connection that holds it. */
export type RunWriter = {
  append(facts: readonly Fact[]): Promise<void>
  reserve(attempt: AttemptFact, caps: Caps): Promise<BudgetDecision>
  /** Work in a transaction of its own, under the run's lock. */
  alone(work: (connection: Connection) => Promise<void>): Promise<void>
  /** Counts the run under this name with its next commit and from then on; undefined: under none. What was counted stays. */
  shareBudget(name: string | undefined): void
  close(): Promise<void>
}

export type WriterOptions = {
  readonly server: Server
  readonly run: number
  readonly shapes: Shapes
  /** Called when somebody has asked something of the run, and after every reconnection, when that may have been missed. */
  readonly onRequest: () => void
}

/** A commit that another transaction stood in the way of is tried again so often. */
const collisions = 20

/**
 * Takes the run for writing: an advisory lock, held by this connection's session, and a new term. Throws `conflict` when it is taken.
 *
 * The server releases the lock when the session ends, however it ends: at once when the process dies, within half a minute when its machine
 * or the network does. A process that was cut off may then be alive still, and another one writing: so every transaction compares the term,
 * which each taking raises. After a cut the lock is taken anew, by the same owner with the same term, or not at all.
 */
export async function openRunWriter({ server, run, shapes, onRequest }: WriterOptions): Promise<RunWriter> {
  let term: number | undefined
  let connection: Promise<Connection> | undefined
  let closed = false
  let budget: { readonly name: string; counted: boolean } | undefined

  async function connect(): Promise<Connection> {
    if (closed) throw new SediError('aborted', 'The run was closed while its database could not be reached.')
    const opened = await server.connect()
    try {
      await opened.query('SELECT pg_advisory_lock_shared($1, 0)', [lockClass(server.schema)])
      await takeLock(opened, server, run, term)
      await assertLayout(opened, server)
      term = await enterTerm(opened, run, term)
      await opened.query(`LISTEN ${channelOf(server, run)}`)
      opened.onNotification(onRequest)
    } catch (error) {
      opened.drop()
      throw error
    }
    return opened
  }

  function current(): Promise<Connection> {
    if (connection === undefined) {
      const opening = server.persistently(connect)
      connection = opening
      opening.then(
        (held) =>
          held.onLost(() => {
            // Nobody else should find the run free because the line was cut while nothing was to be written.
            if (forget(opening) && !closed) void current().then(onRequest, () => {})
          }),
        () => forget(opening),
      )
    }
    return connection
  }

  function forget(opening: Promise<Connection>): boolean {
    if (connection !== opening) return false
    connection = undefined
    return true
  }

  /** Work on the held connection; done again on a new one when that was lost, also in the middle of a commit. */
  async function onConnection<Value>(work: (held: Connection, target: RunTarget) => Promise<Value>): Promise<Value> {
    let collided = 0
    return server.persistently(async () => {
      for (;;) {
        const opening = current()
        const held = await opening
        try {
          return await work(held, { run, shapes, term, budget: budget?.name })
        } catch (error) {
          if (isLost(error)) {
            forget(opening)
            held.drop()
          }
          if (!isCollision(error) || ++collided > collisions) throw error
        }
      }
    })
  }

  async function commitAll(works: readonly Work[]): Promise<readonly Result[]> {
    await countShare()
    return recordOrEach(works, (group) => onConnection((held, target) => recordGroup(held, target, group)))
  }

  /** The first commit after joining a budget: what the run has committed so far counts. */
  async function countShare(): Promise<void> {
    const joining = budget
    if (joining === undefined || joining.counted) return
    await alone(async (held, counters) => {
      await joinBudget(held, joining.name)
      await writeShare(held, joining.name, run, committedNanoUsd(counters))
    })
    joining.counted = true
  }

  async function alone(work: (held: Connection, counters: ReadonlyMap<string, number>) => Promise<void>): Promise<void> {
    await onConnection(async (held) => {
      await held.query('BEGIN')
      try {
        const { rows } = await held.query('SELECT term, counters FROM head WHERE run = $1 FOR UPDATE', [run])
        if (Number(rows[0]?.term) !== term) throw takenOver()
        await work(held, countersOf(rows[0]?.counters))
        await held.query('COMMIT')
      } catch (error) {
        await held.query('ROLLBACK').catch(() => {})
        throw error
      }
    })
  }

  const groups = createWorkGroups<Work, BudgetDecision | undefined>(commitAll)
  await current()
  return {
    append: async (facts) => {
      await groups.run({ facts })
    },
    reserve: async (attempt, caps) => (await groups.run({ facts: [attempt], caps }))!,
    alone,
    shareBudget(name) {
      if (name !== budget?.name) budget = name === undefined ? undefined : { name, counted: false }
    },
    async close() {
      await groups.drain()
      closed = true
      await connection?.then(
        (held) => held.close(),
        () => {},
      )
    },
  }
}

export const channelOf = (server: Server, run: number): string => `${server.schema}_run_${run}`

/** Our own session may live on at the server after the line was cut: then it is ended there. */
async function takeLock(held: Connection, server: Server, run: number, before: number | undefined): Promise<void> {
  const again = before !== undefined
  for (let attempt = 1; attempt <= (again ? 50 : 5); attempt++) {
    if (again) await assertTerm(held, run, before)
    const { rows } = await held.query('SELECT pg_try_advisory_lock($1, $2) AS taken', [lockClass(server.schema), run])
    if (rows[0]?.taken === true) return
    if (again) await endSession(held, server, run)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw again ? takenOver() : isHeldByAnother(server)
}

async function endSession(held: Connection, server: Server, run: number): Promise<void> {
  await held.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity JOIN pg_locks USING (pid)
     WHERE application_name = $1 AND pid <> pg_backend_pid() AND locktype = 'advisory' AND classid = $2::int8::oid AND objid = $3::int8::oid`,
    [held.owner, lockClass(server.schema) >>> 0, run],
  )
}

const isHeldByAnother = (server: Server): SediError =>
  new SediError(
    'conflict',
    `Another process has this run open for writing (${server.name}). Wait for it, or stop it; reading (status, explain, export) works meanwhile. A process whose machine has vanished lets go within half a minute.`,
    { details: { held: true } },
  )

/** A new term, or the same one after a cut when nobody has taken the run since. */
async function enterTerm(held: Connection, run: number, before: number | undefined): Promise<number> {
  if (before === undefined) {
    const { rows } = await held.query('UPDATE head SET term = term + 1, holder = $2 WHERE run = $1 RETURNING term', [run, held.owner])
    return Number(rows[0]?.term)
  }
  await assertTerm(held, run, before)
  return before
}

async function assertTerm(held: Queries, run: number, term: number): Promise<void> {
  const { rows } = await held.query('SELECT term FROM head WHERE run = $1', [run])
  if (Number(rows[0]?.term) !== term) throw takenOver()
}

/** A query that has a row when some session holds the run for writing now. */
export const heldLock = (lockClassOid: string, run: string): string =>
  `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND classid = ${lockClassOid}::int8::oid AND objid = ${run}::int8::oid AND objsubid = 2`

export async function isRunHeld(queries: Queries, schema: string, run: number): Promise<boolean> {
  return (await queries.query(heldLock('$1', '$2'), [lockClass(schema) >>> 0, run])).rows.length > 0
}
