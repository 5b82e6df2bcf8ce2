import { hostname } from 'node:os'
import type { AttemptFact, Ledger, OutcomeFact } from '@sedi/spec'

export type SessionOptions = {
  readonly clock: () => number
  readonly softwareVersion: string
  /** Calls whose attempts are somebody else's, who is still at work on them. */
  readonly inHands?: readonly string[] | undefined
}

/** What every opening of a run for writing begins with: the session, and an end for attempts that a dead process left open. Returns the session's index. */
export async function beginSession(ledger: Ledger, options: SessionOptions): Promise<number> {
  const session = await recordSession(ledger, options)
  await closeOpenAttempts(ledger, options)
  return session
}

async function recordSession(ledger: Ledger, { clock, softwareVersion }: SessionOptions): Promise<number> {
  const before = await ledger.find('session')
  await ledger.append([
    {
      kind: 'session',
      index: before.length,
      processId: process.pid,
      host: hostname(),
      platform: `${process.platform} ${process.arch}`,
      runtime: `node ${process.versions.node}`,
      softwareVersion,
      startedAt: clock(),
    },
  ])
  return before.length
}

/** A process that died left attempts whose answers nobody recorded: they may have been served and billed. Those to be rejoined stay open. */
async function closeOpenAttempts(ledger: Ledger, { clock, inHands = [] }: SessionOptions): Promise<void> {
  if ((await ledger.totals()).openAttempts === 0) return
  const lost = await ledger.find('attempt', { recovery: 'lost' })
  const ended = new Set((await ledger.find('outcome')).map(({ callId, attempt }) => `${callId}/${attempt}`))
  const open = lost.filter(({ callId, attempt }) => !ended.has(`${callId}/${attempt}`) && !inHands.includes(callId))
  await ledger.append(open.map((attempt) => lostOutcome(attempt, 'the process ended before an answer was recorded', clock())))
}

/** How an attempt ends whose answer, if there was one, reached nobody. */
export function lostOutcome({ callId, attempt, reservedNanoUsd }: AttemptFact, message: string, at: number): OutcomeFact {
  return {
    kind: 'outcome',
    callId,
    attempt,
    result: 'unknown',
    charged: 'uncertain',
    costNanoUsd: reservedNanoUsd,
    errorCode: 'aborted',
    message,
    latencyMs: null,
    at,
  }
}
