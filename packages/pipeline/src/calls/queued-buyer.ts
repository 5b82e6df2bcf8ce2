import { setTimeout as wait } from 'node:timers/promises'
import { type CallFact, type CallQueue, type CallTicket, type Ledger, SediError, toSediError } from '@sedi/spec'
import type { Buyer, PlannedCall } from './buy-completion.ts'
import { stoppedError } from './sleep.ts'

/** How often the ledger is asked for answers. */
const lookEveryMs = 200
/** How often is asked what changes seldom: calls given up, workers that came or went. */
const askAroundEveryMs = 1000

export type QueuedBuyerOptions = {
  readonly queue: CallQueue
  readonly ledger: Pick<Ledger, 'scan'>
  /** Answers up to this number of the ledger are known to the caller. */
  readonly after: number
  readonly stop: AbortSignal
  readonly abort?: AbortSignal | undefined
  readonly onNotice?: ((message: string) => void) | undefined
  /** A call that is not answered after so long is put again: one whose ticket is there keeps it, and none waits for a ticket that is gone. @default 30_000 */
  readonly putAgainAfterMs?: number | undefined
}

type Waiting = { readonly ticket: CallTicket; putAt: number; readonly resolve: (answer: CallFact) => void; readonly reject: (error: unknown) => void }

/**
 * Buys by putting calls in the queue and reading their answers from the ledger, where workers record them. Who reserves, limits, tries again
 * and records is the worker, by the same rules as a run that makes its calls itself.
 *
 * When stopped, or after a call was given up, tickets that nobody holds are taken back; those in hands are awaited.
 */
export function createQueuedBuyer({ queue, ledger, after, stop, abort, onNotice = () => {}, putAgainAfterMs = 30_000 }: QueuedBuyerOptions): Buyer {
  const waiting = new Map<string, Waiting>()
  /** Answers to calls that are not asked for yet: a worker had their tickets from the run's earlier owner. */
  const early = new Map<string, CallFact>()
  const toPut: CallTicket[] = []
  let seen = after
  let workers: number | undefined
  let askedAroundAt = Number.NEGATIVE_INFINITY
  let failure: SediError | undefined
  let watching = false

  function fail(error: unknown, callIds: Iterable<string> = [...waiting.keys()]): void {
    for (const callId of callIds) {
      waiting.get(callId)?.reject(error)
      waiting.delete(callId)
    }
  }

  async function watch(): Promise<void> {
    while (waiting.size > 0) {
      try {
        await look()
      } catch (thrown) {
        toPut.length = 0
        fail(toSediError(thrown))
        break
      }
      if (waiting.size > 0) await wait(lookEveryMs)
    }
    watching = false
  }

  async function look(): Promise<void> {
    const isEnding = stop.aborted || failure !== undefined
    if (isEnding)
      fail(
        failure === undefined ? stoppedError() : notSentError(),
        toPut.splice(0).map(({ callId }) => callId),
      )
    else if (toPut.length > 0) await queue.put(toPut.splice(0))
    await readAnswers()
    if (abort?.aborted === true) return leave()
    if (performance.now() - askedAroundAt >= askAroundEveryMs) await askAround(isEnding)
  }

  async function leave(): Promise<void> {
    await queue.takeBack()
    fail(new SediError('aborted', 'Stopped while workers had calls in hand. They record what they have; resume to go on with it.'))
  }

  async function readAnswers(): Promise<void> {
    for await (const answer of ledger.scan('call', {}, seen)) {
      seen = answer.seq
      const one = waiting.get(answer.callId)
      waiting.delete(answer.callId)
      if (one === undefined) early.set(answer.callId, answer)
      else one.resolve(answer)
    }
  }

  async function askAround(isEnding: boolean): Promise<void> {
    askedAroundAt = performance.now()
    await queue.closeLapsed()
    for (const { callId, code, message } of await queue.givenUp()) {
      const error = new SediError(code, message)
      failure ??= error
      fail(error, [callId])
    }
    if (isEnding) {
      const inHands = new Set(await queue.takeBack())
      // One that was answered just now is in nobody's hands either.
      await readAnswers()
      fail(
        failure === undefined ? stoppedError() : notSentError(),
        [...waiting.keys()].filter((callId) => !inHands.has(callId)),
      )
    } else await putAgain()
    const now = await queue.workers()
    if (now !== workers) onNotice(workersInWords(now, workers))
    workers = now
  }

  /** A queue whose tables were made anew, a word that was kept for minutes and then forgotten while this process stood still: tickets get lost. */
  async function putAgain(): Promise<void> {
    const now = performance.now()
    const late = [...waiting.values()].filter(({ putAt }) => now - putAt >= putAgainAfterMs)
    if (late.length === 0) return
    await queue.put(late.map(({ ticket }) => ticket))
    for (const one of late) one.putAt = now
  }

  return {
    async buy(call) {
      const answer = early.get(call.callId)
      if (answer !== undefined) {
        early.delete(call.callId)
        return answer
      }
      if (stop.aborted) throw stoppedError()
      return new Promise<CallFact>((resolve, reject) => {
        const ticket = { callId: call.callId, urgent: call.parentId !== null, text: JSON.stringify(call) }
        waiting.set(call.callId, { ticket, putAt: performance.now(), resolve, reject })
        toPut.push(ticket)
        if (watching) return
        watching = true
        void watch()
      })
    },
  }
}

/** The call as it was decided, from its ticket. */
export const plannedCallOf = ({ text }: Pick<CallTicket, 'text'>): PlannedCall => JSON.parse(text) as PlannedCall

const notSentError = (): SediError => new SediError('aborted', 'Not sent, because another call was given up.')

function workersInWords(now: number, before: number | undefined): string {
  if (now === 0)
    return `${before === undefined ? 'No worker is there yet' : 'The last worker has left'}: calls wait. Start one, here or elsewhere: sedi worker <store>`
  const workers = now === 1 ? '1 worker' : `${now} workers`
  return before === undefined ? `${workers} at work.` : `${workers} at work, ${before} before.`
}
