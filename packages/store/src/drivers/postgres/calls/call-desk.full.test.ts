import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer as listen, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type CallDesk, type CallQueue, type HeldTicket, type OpenRun, type RunStore, SediError, type WorkedRun } from '@sedi/spec'
import { type Link, type PostgresServer, startLink, startPostgres } from '@sedi/testing'
import { answeredFact, attemptFact, callFact, runFact } from '@sedi/testing/contracts'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { newStoreAddress } from '../../../fixtures/pg-store.ts'
import { createPostgresStore } from '../../postgres.ts'
import { layOut, layouts } from '../layouts.ts'
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
const until = async (isTrue: () => boolean): Promise<void> => {
  while (!isTrue()) await wait(50)
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
  expect(ticket).toEqual({ runId: 'run-1', callId: 'c0', session: 0, text: 'ask c0\u0000', lapsed: expect.any(AbortSignal) })
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
  timeout: 600_000,
}, async () => {
  const [silent, next] = [await newDesk(), await newDesk()]
  await put('c0')
  const lost = await takeOne(silent)
  const before = await enter(silent)
  await silent.begin(lost)
  await before.budget({ maxCostNanoUsd: undefined }).reserve(attemptFact('c0'))
  expect(lost.lapsed.aborted).toBe(false)
  await silence('c0')
  const ticket = await takeOne(next)
  await until(() => lost.lapsed.aborted)
  expect(ticket.lapsed.aborted).toBe(false)
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

it('the owner closes what a silent worker left open, also when nobody takes its ticket', { timeout: 600_000 }, async () => {
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

it('the database is away for longer than a lease, and a worker is slow to come back: it still holds its ticket', { timeout: 600_000 }, async () => {
  const [one, other] = [await newDesk(storeAt(address.replace(`:${postgres.port}`, `:${link.port}`))), await newDesk()]
  await put('c0')
  const ticket = await takeOne(one)
  const { ledger, budget } = await enter(one)
  await one.begin(ticket)
  await budget({ maxCostNanoUsd: undefined }).reserve(attemptFact('c0'))
  link.stall(true)
  await postgres.kill()
  await wait(12_000)
  await postgres.start()
  link.cut()
  setTimeout(() => link.stall(false), 5000)
  // Longer than it takes until lapsed tickets are looked for again.
  for (const end = Date.now() + 16_000; Date.now() < end; await wait(500)) expect(await other.take(5)).toEqual([])
  await ledger.append(answer('c0'))
  expect(await run.ledger.totals()).toMatchObject({ calls: 1, openAttempts: 0, uncertainAttempts: 0 })
  expect(ticket.lapsed.aborted).toBe(false)
})

it('a line that swallows everything is missed in time: the worker is heard of over another one, and keeps its ticket', { timeout: 600_000 }, async () => {
  const line = await startLine(postgres.port)
  closing.push(line.close)
  // As patient with the database as a worker is.
  const desk = await newDesk(createPostgresStore({ address: address.replace(`:${postgres.port}`, `:${line.port}`), softwareVersion: 'test' }))
  await put('c0')
  await takeOne(desk)
  line.swallow()
  await wait(14_000)
  const { rows } = await server.query(`SELECT state, extract(epoch FROM now() - heartbeat_on)::float8 AS silent FROM ${bossSchema()}.job`)
  expect(rows[0]!.state).toBe('active')
  expect(Number(rows[0]!.silent)).toBeLessThan(10) // its lease
})

/** A line to the server whose connections can be made to swallow everything from then on; new ones are well. */
async function startLine(toPort: number) {
  const sockets = new Set<Socket>()
  const listener = listen((client) => {
    const upstream = connect(toPort, '127.0.0.1')
    client.pipe(upstream).pipe(client)
    for (const socket of [client, upstream]) sockets.add(socket.on('error', () => {}))
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  return {
    port: (listener.address() as AddressInfo).port,
    swallow(): void {
      for (const socket of sockets) socket.unpipe().resume()
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      listener.close()
    },
  }
}

it('a call that was given up is told although the line is cut when it is', { timeout: 600_000 }, async () => {
  const [desk] = [await newDesk()]
  await put('c0')
  await desk.giveUp(await takeOne(desk), { code: 'quota-exhausted', message: 'No money left.' })
  await queue.close()
  await run.close()
  const linked = await storeAt(address.replace(`:${postgres.port}`, `:${link.port}`)).open('run-1')
  closing.push(() => linked.close())
  // Opening has cleared away what an earlier owner left.
  await put('c1')
  await desk.giveUp(await takeOne(desk), { code: 'quota-exhausted', message: 'No money left.' })
  const own = await linked.queue!.open()
  closing.push(() => own.close())
  const { cuts } = link.counts()
  let sent = false
  link.watch((chunk, direction) => {
    if (sent && direction === 'to-client' && chunk.includes('DELETE 1')) {
      link.watch(undefined)
      return 'cut'
    }
    if (direction === 'to-server' && /DELETE FROM \w+_queue\.job WHERE name = \$1 AND (group_id|id) /.test(chunk.toString('latin1'))) sent = true
    return 'pass'
  })
  expect((await own.givenUp()).map(({ callId }) => callId)).toEqual(['c1'])
  expect(link.counts().cuts).toBe(cuts + 1)
})

it('a store that got another layout while a worker was cut off is not written in the old way', { timeout: 600_000 }, async () => {
  const desk = await newDesk(storeAt(address.replace(`:${postgres.port}`, `:${link.port}`)))
  await put('c0')
  await takeOne(desk)
  const { ledger, budget } = await enter(desk)
  await budget({ maxCostNanoUsd: undefined }).reserve(attemptFact('c0'))
  link.stall(true)
  link.cut()
  await queue.close()
  await run.close()
  await layOut(server, [...layouts, 'SELECT 1'])
  link.stall(false)
  link.cut()
  expect(await whyNot(ledger.append(answer('c0')))).toEqual(['unsupported', undefined])
  while ((await whyNot(desk.take(1)).then(String)) === '') await wait(100)
  expect(await whyNot(desk.take(1))).toEqual(['unsupported', undefined])
})
