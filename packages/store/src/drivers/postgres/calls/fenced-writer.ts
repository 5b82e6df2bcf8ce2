import { type AttemptFact, type BudgetDecision, type Fact, SediError } from '@sedi/spec'
import { isCollision, isLost } from '../errors.ts'
import type { Shapes } from '../fact-rows.ts'
import { assertLayout, lockClass } from '../layouts.ts'
import { type Caps, type RunTarget, recordGroup, type Tickets, type Work } from '../record.ts'
import { recordOrEach } from '../record-or-each.ts'
import type { Connection, Server } from '../server.ts'
import { createWorkGroups } from '../work-groups.ts'
import type { TicketClaim } from './boss.ts'

/** A commit that another transaction stood in the way of is tried again so often. */
const collisions = 20

export type FencedWriterOptions = {
  readonly server: Server
  readonly run: number
  readonly shapes: Shapes
  readonly tickets: Tickets
  /** The ticket that this process holds for a call. */
  readonly claimOf: (callId: string) => TicketClaim | undefined
}

export type FencedWriter = {
  append(facts: readonly Fact[]): Promise<void>
  reserve(attempt: AttemptFact, caps: Caps): Promise<BudgetDecision>
  /** The name under which the run shares its budget. Its owner has joined it there. */
  shareBudget(name: string | undefined): void
  close(): Promise<void>
}

/**
 * Records what belongs to calls whose tickets this process holds, in group commits of its own beside the owner's; an answer ends its ticket in
 * the same transaction. Without the ticket nothing is recorded: `conflict`, `details.lapsed`.
 */
export function createFencedWriter({ server, run, shapes, tickets, claimOf }: FencedWriterOptions): FencedWriter {
  let connection: Promise<Connection> | undefined
  let budget: string | undefined

  /** As every writer, it holds the lock against changes of the store's layout while it has a connection. */
  async function connect(): Promise<Connection> {
    const opened = await server.connect()
    try {
      await opened.query('SELECT pg_advisory_lock_shared($1, 0)', [lockClass(server.schema)])
      await assertLayout(opened, server)
    } catch (error) {
      opened.drop()
      throw error
    }
    return opened
  }

  function current(): Promise<Connection> {
    if (connection === undefined) {
      const opening = connect()
      connection = opening
      // What could not be opened now, for whatever reason, is tried anew the next time.
      opening.catch(() => {
        if (connection === opening) connection = undefined
      })
    }
    return connection
  }

  async function record(works: readonly Work[]) {
    let collided = 0
    return server.persistently(async () => {
      for (;;) {
        const opening = current()
        try {
          const target: RunTarget = { run, shapes, term: undefined, budget, tickets }
          return await recordGroup(await opening, target, works)
        } catch (error) {
          if (isLost(error)) {
            if (connection === opening) connection = undefined
            await opening.then(
              (held) => held.drop(),
              () => {},
            )
          }
          if (!isCollision(error) || ++collided > collisions) throw error
        }
      }
    })
  }

  const groups = createWorkGroups<Work, BudgetDecision | undefined>((works) => recordOrEach(works, record))

  /** What is recorded together belongs to one call. */
  function claimFor(facts: readonly Fact[]): TicketClaim {
    const callId = facts.map((fact) => ('callId' in fact ? fact.callId : undefined)).find((id) => id !== undefined)
    const claim = callId === undefined ? undefined : claimOf(callId)
    if (claim !== undefined) return claim
    throw new SediError('conflict', `This worker holds no ticket for ${callId ?? 'what is to be recorded'}.`, { details: { lapsed: true } })
  }

  return {
    async append(facts) {
      if (facts.length === 0) return
      await groups.run({ facts, claim: claimFor(facts), ends: facts.some(({ kind }) => kind === 'call') })
    },
    reserve: async (attempt, caps) => (await groups.run({ facts: [attempt], caps, claim: claimFor([attempt]) }))!,
    shareBudget(name) {
      budget = name
    },
    async close() {
      await groups.drain()
      await connection?.then(
        (held) => held.close(),
        () => {},
      )
    },
  }
}
