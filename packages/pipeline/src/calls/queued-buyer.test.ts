import { type CallFact, type CallQueue, type CallTicket, type GivenUpCall, type Recorded, SediError } from '@sedi/spec'
import { describe, expect, it } from 'vitest'
import type { PlannedCall } from './buy-completion.ts'
import { createQueuedBuyer, plannedCallOf } from './queued-buyer.ts'

const planned = (callId: string, parentId: string | null = null): PlannedCall => ({
  callId,
  round: 1,
  index: 0,
  stage: 'joint',
  parentId,
  seedIds: [],
  request: { messages: [{ role: 'user', content: 'a\u0000b' }], maxOutputTokens: 5 },
})

/** A queue and the part of a ledger that belongs to it, in memory; what a worker would do, the test does. */
function surroundings() {
  const tickets = new Map<string, CallTicket>()
  const held = new Set<string>()
  const answers: Recorded<CallFact>[] = []
  const ended: GivenUpCall[] = []
  const queue: CallQueue = {
    async put(given) {
      for (const ticket of given) tickets.set(ticket.callId, ticket)
    },
    async takeBack() {
      for (const callId of tickets.keys()) if (!held.has(callId)) tickets.delete(callId)
      return [...held]
    },
    givenUp: async () => ended.splice(0),
    closeLapsed: async () => {},
    workers: async () => 1,
    close: async () => {},
  }
  const stop = new AbortController()
  const abort = new AbortController()
  const ledger = {
    async *scan(_kind: string, _where: object, after = 0) {
      yield* answers.filter(({ seq }) => seq > after)
    },
  }
  return {
    tickets,
    held,
    ended,
    stop,
    abort,
    answer(callId: string) {
      held.delete(callId)
      tickets.delete(callId)
      answers.push({ kind: 'call', callId, seq: answers.length + 11 } as Recorded<CallFact>)
    },
    buyer: createQueuedBuyer({ queue, ledger: ledger as never, after: 10, stop: stop.signal, abort: abort.signal, putAgainAfterMs: 500 }),
    async until(isTrue: () => boolean) {
      while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 10))
    },
  }
}

const codeOf = (purchase: Promise<unknown>): Promise<string> =>
  purchase.then(
    () => 'answered',
    (error: unknown) => (SediError.is(error) ? error.code : 'other'),
  )

describe('a buyer whose calls are made by workers', () => {
  it('puts each call in the queue as it was decided, questions about items before others, and gives the answers in whatever order they come', async () => {
    const { buyer, tickets, answer, until } = surroundings()
    const [first, second] = [buyer.buy(planned('a'), 0), buyer.buy(planned('b', 'a-i00'), 0)]
    await until(() => tickets.size === 2)
    expect([...tickets.values()].map(({ callId, urgent }) => [callId, urgent])).toEqual([
      ['a', false],
      ['b', true],
    ])
    expect(plannedCallOf(tickets.get('a')!)).toEqual(planned('a'))
    answer('b')
    answer('a')
    expect([(await first).callId, (await second).callId]).toEqual(['a', 'b'])
  })

  it('has an answer that a worker recorded for the run’s earlier owner before the call was asked for', async () => {
    const { buyer, tickets, answer, until } = surroundings()
    answer('early')
    const other = buyer.buy(planned('other'), 0)
    await until(() => tickets.size === 1)
    answer('other')
    await other
    expect((await buyer.buy(planned('early'), 0)).callId).toBe('early')
    expect(tickets.size).toBe(0)
  })

  it('stopped: takes back what nobody holds, waits for what somebody does', async () => {
    const { buyer, tickets, held, answer, stop, until } = surroundings()
    const [inHand, waiting] = [buyer.buy(planned('in-hand'), 0), buyer.buy(planned('waiting'), 0)]
    await until(() => tickets.size === 2)
    held.add('in-hand')
    stop.abort()
    expect(await codeOf(waiting)).toBe('aborted')
    expect([...tickets.keys()]).toEqual(['in-hand'])
    answer('in-hand')
    expect((await inHand).callId).toBe('in-hand')
    expect(await codeOf(buyer.buy(planned('later'), 0))).toBe('aborted')
  })

  it('a call that was given up rejects with the worker’s words, and what nobody holds is taken back', async () => {
    const { buyer, tickets, held, ended, answer, until } = surroundings()
    const [bad, inHand, waiting] = ['bad', 'in-hand', 'waiting'].map((callId) => buyer.buy(planned(callId), 0))
    await until(() => tickets.size === 3)
    held.add('in-hand')
    ended.push({ callId: 'bad', code: 'quota-exhausted', message: 'No money left.' })
    await expect(bad).rejects.toMatchObject({ code: 'quota-exhausted', message: 'No money left.' })
    expect(await codeOf(waiting!)).toBe('aborted')
    answer('in-hand')
    expect(await codeOf(inHand!)).toBe('answered')
  })

  it('a ticket that got lost is put again, so that no call waits for ever', async () => {
    const { buyer, tickets, answer, until } = surroundings()
    const call = buyer.buy(planned('a'), 0)
    await until(() => tickets.size === 1)
    tickets.clear()
    await until(() => tickets.size === 1)
    answer('a')
    expect((await call).callId).toBe('a')
  })

  it('stopped for good: does not wait for workers either', async () => {
    const { buyer, tickets, held, stop, abort, until } = surroundings()
    const inHand = buyer.buy(planned('in-hand'), 0)
    await until(() => tickets.size === 1)
    held.add('in-hand')
    stop.abort()
    abort.abort()
    expect(await codeOf(inHand)).toBe('aborted')
  })
})
