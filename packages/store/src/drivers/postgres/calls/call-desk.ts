import { type CallDesk, type HeldTicket, type Ledger, type LimitedKey, type Limiter, type LimitOptions, SediError } from '@sedi/spec'
import { lostOutcome } from '../../../begin-session.ts'
import { isLost } from '../errors.ts'
import type { Shapes } from '../fact-rows.ts'
import { createReader } from '../reader.ts'
import type { Server } from '../server.ts'
import { createSharedLimiter } from '../shared/limiter.ts'
import { openBoss, queueName, type TicketClaim } from './boss.ts'
import { lostMessage, type TicketData, type TicketError } from './call-queue.ts'
import { createFencedWriter } from './fenced-writer.ts'
import { showPresence } from './presence.ts'
import { createTickets } from './tickets.ts'

/** A third of the lease: two may get lost. */
const touchEveryMs = 3000

/** A ticket in this worker's hands. */
type Claim = TicketClaim & { readonly lapse: AbortController }

export type CallDeskOptions = {
  readonly server: Server
  readonly shapes: Shapes
  readonly runNumber: (runId: string) => Promise<number>
  readonly clock: () => number
}

/** Opens a worker's place in the store. */
export async function openCallDesk({ server, shapes, runNumber, clock }: CallDeskOptions): Promise<CallDesk> {
  let failure: unknown
  let touching = false
  const claims = new Map<string, Claim>()
  const presence = await showPresence(server, {
    onBack: () => void touch(),
    onFailed: (error) => {
      failure = error
    },
  })
  const { boss, close } = await openBoss(server).catch(async (error: unknown) => {
    await presence.close()
    throw error
  })
  const tickets = createTickets(boss)
  const ledgers = new Map<string, Ledger>()
  const numbers = new Map<string, Promise<number>>()

  const claimOf = (runId: string, callId: string): TicketClaim | undefined => claims.get(placeOf({ runId, callId }))

  function take(held: HeldTicket): TicketClaim {
    const place = placeOf(held)
    const claim = claims.get(place)
    claims.delete(place)
    if (claim === undefined) throw new SediError('internal', `There is no ticket for ${held.callId} here.`)
    return claim
  }

  function numberOf(runId: string): Promise<number> {
    const number = numbers.get(runId) ?? runNumber(runId)
    numbers.set(runId, number)
    number.catch(() => numbers.delete(runId))
    return number
  }

  /** Is heard of, and finds out which tickets are somebody else's by now. */
  async function touch(): Promise<void> {
    const connection = presence.connection()
    if (touching || claims.size === 0 || connection === undefined) return
    touching = true
    const own = [...claims]
    try {
      const held = await tickets.hold(
        connection,
        own.map(([, claim]) => claim),
      )
      // One that ended meanwhile is nobody's, and has no need of being told.
      for (const [place, claim] of own) if (!held.has(claim.id) && claims.get(place) === claim) claim.lapse.abort()
    } catch (error) {
      // What could not be said now is said with the next thing recorded, or next time.
      if (isLost(error)) connection.lose()
    }
    touching = false
  }
  const timer = setInterval(() => void touch(), touchEveryMs)

  return {
    async take(atMost) {
      if (failure !== undefined) throw failure
      const jobs = await server.persistently(() => boss.fetch<TicketData>(queueName, { batchSize: atMost }))
      return jobs.map(({ id, retryCount, data: written }) => {
        const data = (typeof written === 'string' ? JSON.parse(written) : written) as TicketData
        const lapse = new AbortController()
        claims.set(placeOf(data), { id, retryCount, lapse })
        return { ...data, text: JSON.parse(data.text) as string, lapsed: lapse.signal }
      })
    },
    async begin(ticket) {
      const { callId } = ticket
      const ledger = ledgers.get(ticket.runId)
      if (ledger === undefined) throw new SediError('internal', `The run ${ticket.runId} was not entered.`)
      const attempts = await ledger.find('attempt', { callId })
      if (attempts.length === 0) return 0
      const ended = new Set((await ledger.find('outcome', { callId })).map(({ attempt }) => attempt))
      const open = attempts.filter(({ attempt, recovery }) => recovery === 'lost' && !ended.has(attempt))
      if (open.length > 0) await ledger.append(open.map((attempt) => lostOutcome(attempt, lostMessage, clock())))
      return Math.max(...attempts.map(({ attempt }) => attempt))
    },
    async enter(runId) {
      const run = await numberOf(runId)
      const writer = createFencedWriter({ server, run, shapes, tickets, claimOf: (callId) => claimOf(runId, callId) })
      const limiters: Limiter[] = []
      const ledger: Ledger = {
        ...createReader(server, run, shapes),
        runId,
        async append(facts) {
          await writer.append(facts)
          for (const fact of facts) if (fact.kind === 'call') claims.delete(placeOf({ runId, callId: fact.callId }))
        },
        close: async () => {},
      }
      ledgers.set(runId, ledger)
      return {
        ledger,
        budget({ maxCostNanoUsd, maxTokens, shared }) {
          writer.shareBudget(shared)
          return { reserve: (attempt) => writer.reserve(attempt, { maxCostNanoUsd, maxTokens }) }
        },
        limiter(key: LimitedKey, limits: LimitOptions) {
          const limiter = createSharedLimiter(server, key, { ...limits, clock })
          limiters.push(limiter)
          return limiter
        },
        async close() {
          if (ledgers.get(runId) === ledger) ledgers.delete(runId)
          for (const limiter of limiters.splice(0)) limiter.close()
          await writer.close()
        },
      }
    },
    async giveUp(held, { code, message }) {
      const claim = take(held)
      await server.persistently(() => boss.complete(queueName, [claim], { error: JSON.stringify({ code, message }) } satisfies TicketError))
    },
    async handBack(tickets) {
      const own = tickets.filter((ticket) => claims.has(placeOf(ticket))).map(take)
      if (own.length > 0) await server.persistently(() => boss.fail(queueName, own))
    },
    async close() {
      clearInterval(timer)
      await close()
      await presence.close()
    },
  }
}

const placeOf = ({ runId, callId }: Pick<HeldTicket, 'runId' | 'callId'>): string => `${runId}/${callId}`
