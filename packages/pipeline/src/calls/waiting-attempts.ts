import type { AttemptFact, Ledger, Recorded } from '@sedi/spec'

/**
 * Attempts without an outcome whose provider keeps its work: what was bought is there, or goes on there, under the attempt's key. While the
 * run's process lives they are in flight.
 */
export async function waitingAttempts(ledger: Ledger): Promise<readonly Recorded<AttemptFact>[]> {
  if ((await ledger.totals()).openAttempts === 0) return []
  const waiting = await ledger.find('attempt', { recovery: 'rejoin' })
  if (waiting.length === 0) return []
  const ended = new Set((await ledger.find('outcome')).map(placeOf))
  return waiting.filter((attempt) => !ended.has(placeOf(attempt)))
}

const placeOf = ({ callId, attempt }: Pick<AttemptFact, 'callId' | 'attempt'>): string => `${callId}/${attempt}`

/** What the keys of a run's attempts begin with. Two runs of one name (in two stores) differ in when they were begun. */
export async function runKeyOf(ledger: Ledger): Promise<string> {
  const [run] = await ledger.find('run')
  return `${ledger.runId}@${(run?.createdAt ?? 0).toString(36)}`
}

/** Names an attempt towards its provider, for good. */
export const attemptKey = (runKey: string, attempt: Pick<AttemptFact, 'callId' | 'attempt'>): string => `${runKey}/${placeOf(attempt)}`
