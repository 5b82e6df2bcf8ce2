import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type CallDesk, type CallQueue, type HeldTicket, type OpenRun, type RunStore, SediError, type WorkedRun } from '@sedi/spec'
import { type Link, type PostgresServer, startLink, startPostgres } from '@sedi/testing'
import { answeredFact, attemptFact, callFact, runFact } from '@sedi/testing/contracts'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { newStoreAddress } from '../../../fixtures/pg-store.ts'
import { createPostgresStore } from '../../postgres.ts'
import { createServer, type Server } from '../server.ts'

let postgres: PostgresServer
let link: Link
let folder: string
let address: string
let server: Server
let store: RunStore
let run: OpenRun
let queue: CallQueue
const closing: (() => Promise<void>)[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sedi-store-'))
  postgres = await startPostgres()
  link = await startLink(postgres.port)
})
afterAll(async () => {
  await link.close()
  await postgres.destroy()
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(async () => {
  address = newStoreAddress(postgres.url, folder)
  server = createServer(address)
  store = storeAt(address)
  run = await store.create(runFact())
  queue = await run.queue!.open()
  closing.push(
    () => run.close(),
    () => queue.close(),
  )
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

const storeAt = (where: string): RunStore => createPostgresStore({ address: where, softwareVersion: 'test', answerWithinMs: 3000, reconnectForMs: 30_000 })
const newDesk = async (at = store): Promise<CallDesk> => {
  const desk = await at.openDesk!()
  closing.push(() => desk.close())
  return desk
}
const enter = async (desk: CallDesk): Promise<WorkedRun> => {
  const worked = await desk.enter('run-1')
  closing.push(() => worked.close())
  return worked
}
const put = (...callIds: string[]): Promise<void> => queue.put(callIds.map((callId) => ({ callId, urgent: false, text: `ask ${callId}\u0000` })))
const takeOne = async (desk: CallDesk): Promise<HeldTicket> => {
  for (;;) {
    const [ticket] = await desk.take(1)
    if (ticket !== undefined) return ticket
    await wait(100)
  }
}
const bossSchema = (): string => `${server.schema}_queue`
/** As if its worker had been silent for an hour, until pg-boss has noticed. */
const silence = async (callId: string): Promise<void> => {
  for (;;) {
    const { rowCount } = await server.query(
      `UPDATE ${bossSchema()}.job SET heartbeat_on = now() - interval '1 hour' WHERE singleton_key = $1 AND state = 'active'`,
      [callId],
    )
    if (rowCount === 0) return
    await wait(50)
  }
}
const whyNot = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no error',
    (error: unknown) => (SediError.is(error) ? [error.code, error.details.lapsed] : error),
  )
const answer = (callId: string, attempt = 1) => [answeredFact(callId, attempt), callFact(callId, 0)]

it('a ticket goes to one worker; recording its answer ends it; what is put again stays away', async () => {
  const [one, other] = [await newDesk(), await newDesk()]
  expect(await queue.workers()).toBe(2)
  await put('c0')
  await put('c0')
  const ticket = await takeOne(one)
  expect(ticket).toEqual({ runId: 'run-1', callId: 'c0', session: 0, text: 'ask c0\u0000' })
  await put('c0')
  expect(await other.take(5)).toEqual([])
  expect(await queue.takeBack()).toEqual(['c0'])
  const { ledger, budget } = await enter(one)
  expect(await one.begin(ticket)).toBe(0)
  expect(await budget({ maxCostNanoUsd: 1500 }).reserve(attemptFact('c0'))).toMatchObject({ granted: true, committedNanoUsd: 1000 })
  expect(await whyNot(ledger.append(answer('c1')))).toEqual(['conflict', true])
  await ledger.append(answer('c0'))
  await put('c0')
  expect([await queue.takeBack(), await other.take(5)]).toEqual([[], []])
  expect((await run.ledger.find('call')).map(({ callId }) => callId)).toEqual(['c0'])
  await one.close()
  expect(await queue.workers()).toBe(1)
})

it('what is handed back is somebody else’s; what is given up is told to the owner, once', async () => {
  const [one, other] = [await newDesk(), await newDesk()]
  await put('c0', 'c1')
  const tickets = await one.take(2)
  expect(tickets).toHaveLength(2)
  await one.handBack(tickets)
  expect((await other.take(5)).map(({ callId }) => callId).toSorted()).toEqual(['c0', 'c1'])
  await other.giveUp(tickets[0]!, { code: 'quota-exhausted', message: 'No money left.' })
  expect(await queue.givenUp()).toEqual([{ callId: tickets[0]!.callId, code: 'quota-exhausted', message: 'No money left.' }])
  expect(await queue.givenUp()).toEqual([])
})

it('a silent worker has lost its ticket: it neither sends nor records, its attempt is uncertain at its worst, and the next one goes on', {
  timeout: 60_000,
}, async () => {
  const [silent, next] = [await newDesk(), await newDesk()]
  await put('c0')
  const lost = await takeOne(silent)
  const before = await enter(silent)
  await silent.begin(lost)
  await before.budget({ maxCostNanoUsd: undefined }).reserve(attemptFact('c0'))
  await silence('c0')
  const ticket = await takeOne(next)
  const after = await enter(next)
  expect(await next.begin(ticket)).toBe(1)
  expect(await whyNot(before.ledger.append(answer('c0')))).toEqual(['conflict', true])
  expect(await whyNot(before.budget({ maxCostNanoUsd: undefined }).reserve(attemptFact('c0', 2)))).toEqual(['conflict', true])
  await silent.handBack([lost]) // nothing to hand back: the ticket stays where it is
  await after.budget({ maxCostNanoUsd: undefined }).reserve(attemptFact('c0', 2))
  await after.ledger.append(answer('c0', 2))
  const outcomes = await run.ledger.find('outcome')
  expect(outcomes.map(({ attempt, result, charged, costNanoUsd }) => [attempt, result, charged, costNanoUsd])).toEqual([
    [1, 'unknown', 'uncertain', 1000],
    [2, 'answered', 'settled', 400],
  ])
  expect((await store.check('run-1')).damage).toEqual([])
})

it('the owner closes what a silent worker left open, also when nobody takes its ticket', { timeout: 60_000 }, async () => {
  const desk = await newDesk()
  await put('c0', 'c1')
  const worked = await enter(desk)
  for (const ticket of await desk.take(2)) await worked.budget({ maxCostNanoUsd: undefined }).reserve(attemptFact(ticket.callId))
  await silence('c0')
  while ((await run.ledger.totals()).openAttempts === 2) {
    await wait(200)
    await queue.closeLapsed()
  }
  expect((await run.ledger.find('outcome')).map(({ callId, result }) => [callId, result])).toEqual([['c0', 'unknown']])
})

it('a new owner leaves alone what workers have in hand, and closes the rest', async () => {
  const desk = await newDesk()
  await put('in-hand', 'waiting')
  const worked = await enter(desk)
  const [ticket] = await desk.take(1)
  const attempts = worked.budget({ maxCostNanoUsd: undefined })
  await attempts.reserve(attemptFact(ticket!.callId))
  await run.budget({ maxCostNanoUsd: undefined }).reserve(attemptFact('of a dead owner'))
  await queue.close()
  await run.close()
  const again = await store.open('run-1')
  closing.push(() => again.close())
  expect(again.queue!.inHands).toEqual([ticket!.callId])
  expect((await again.ledger.find('outcome')).map(({ callId }) => callId)).toEqual(['of a dead owner'])
  expect(await desk.take(5)).toEqual([])
  await worked.ledger.append(answer(ticket!.callId))
  expect((await again.ledger.totals()).openAttempts).toBe(0)
})

it('an answer whose COMMIT took effect although its line was cut is neither lost nor refused', async () => {
  const desk = await newDesk(storeAt(address.replace(`:${postgres.port}`, `:${link.port}`)))
  await put('c0')
  const ticket = await takeOne(desk)
  const { ledger, budget } = await enter(desk)
  await desk.begin(ticket)
  await budget({ maxCostNanoUsd: undefined }).reserve(attemptFact('c0'))
  let sent = false
  link.watch((chunk, direction) => {
    if (sent && direction === 'to-client') {
      link.watch(undefined)
      return 'cut'
    }
    if (direction === 'to-server' && chunk.includes('COMMIT\0')) sent = true
    return 'pass'
  })
  await ledger.append(answer('c0'))
  expect(link.counts().cuts).toBeGreaterThan(0)
  expect(await run.ledger.totals()).toMatchObject({ calls: 1, openAttempts: 0, settledNanoUsd: 400 })
})
