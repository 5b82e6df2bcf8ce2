import type { CallQueue, ErrorCode, GivenUpCall, Ledger } from '@sedi/spec'
import { lostOutcome } from '../../../begin-session.ts'
import type { Server } from '../server.ts'
import { bossSchemaOf, openBoss, queueName, ticketIdOf } from './boss.ts'
import { countWorkers } from './presence.ts'
import { takeBackTickets } from './tickets.ts'

export type CallQueueOptions = {
  readonly server: Server
  readonly run: number
  readonly runId: string
  readonly session: number
  readonly ledger: Pick<Ledger, 'find' | 'append'>
  readonly clock: () => number
}

/** What goes into a ticket. The call's text is JSON in a string, because pg-boss keeps `jsonb`, which refuses U+0000 and half characters; so is an error. */
export type TicketData = { readonly runId: string; readonly callId: string; readonly session: number; readonly text: string }

/** What is left of a ticket that was given up. */
export type TicketError = { readonly error: string }

/** A run's calls as jobs of pg-boss, for the run's owner. */
export async function openCallQueue({ server, run, runId, session, ledger, clock }: CallQueueOptions): Promise<CallQueue> {
  const { boss, close } = await openBoss(server)
  const table = `${bossSchemaOf(server)}.job`
  const ofRun = [queueName, String(run)]

  return {
    async put(tickets) {
      await server.persistently(() =>
        boss.insert(
          queueName,
          tickets.map(({ callId, urgent, text }) => ({
            id: ticketIdOf(run, callId),
            singletonKey: callId,
            group: { id: String(run) },
            priority: urgent ? 1 : 0,
            data: { runId, callId, session, text: JSON.stringify(text) } satisfies TicketData,
          })),
          { returnId: false },
        ),
      )
    },
    takeBack: () => takeBackTickets(server, run),
    async givenUp() {
      // Read, then deleted: a DELETE whose answer is lost with the line, and which is done again, would return nothing.
      const { rows } = await server.query(
        `SELECT id, singleton_key, state, output FROM ${table} WHERE name = $1 AND group_id = $2 AND state > 'active' AND output IS NOT NULL`,
        ofRun,
      )
      if (rows.length > 0) await server.query(`DELETE FROM ${table} WHERE name = $1 AND id = ANY ($2::uuid[])`, [queueName, rows.map(({ id }) => id)])
      return rows.map(({ singleton_key: callId, state, output }) => givenUpCall(String(callId), String(state), String(output)))
    },
    async closeLapsed() {
      // One look at both: what is open while nobody holds its ticket was lost by somebody who cannot record it any more.
      const { rows } = await server.query(
        `SELECT call_id, attempt FROM ${table} JOIN attempt ON attempt.run = $3 AND attempt.call_id = singleton_key
         WHERE name = $1 AND group_id = $2 AND state = 'retry' AND recovery = 'lost'
           AND NOT EXISTS (SELECT 1 FROM outcome WHERE outcome.run = attempt.run AND outcome.call_id = attempt.call_id AND outcome.attempt = attempt.attempt)`,
        [...ofRun, run],
      )
      for (const { call_id: callId, attempt } of rows) {
        const lost = await ledger.find('attempt', { callId: String(callId), attempt: Number(attempt) })
        await ledger.append(lost.map((one) => lostOutcome(one, lostMessage, clock())))
      }
    },
    workers: () => countWorkers(server),
    close,
  }
}

export const lostMessage = 'the worker ended, or was not heard of for too long, before an answer was recorded'

function givenUpCall(callId: string, state: string, output: string): GivenUpCall {
  const { error } = JSON.parse(output) as TicketError | { readonly error?: undefined }
  if (state !== 'completed' || error === undefined) return { callId, ...lostTooOften(callId) }
  const { code, message } = JSON.parse(error) as { readonly code: ErrorCode; readonly message: string }
  return { callId, code, message }
}

const lostTooOften = (callId: string): Pick<GivenUpCall, 'code' | 'message'> => ({
  code: 'provider-response',
  message: `Worker after worker ended while it made ${callId}. Look why before you resume: each time may have been billed.`,
})
