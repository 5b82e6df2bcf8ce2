import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Fact, type OpenRun, type RunStore, SediError } from '@sedi/spec'
import { type Link, type PostgresServer, startLink, startPostgres, type Verdict } from '@sedi/testing'
import { answeredFact, attemptFact, callFact, candidateFact, oneOfEach, runFact } from '@sedi/testing/contracts'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { newStoreAddress } from '../../fixtures/pg-store.ts'
import { createPostgresStore } from '../postgres.ts'
import { createSqliteStore } from '../sqlite.ts'
import { readShapes } from './fact-rows.ts'
import { recordGroup } from './record.ts'
import { createServer } from './server.ts'

let server: PostgresServer
let folder: string
let link: Link
let direct: string
let store: RunStore
const children: ChildProcess[] = []
const runs: OpenRun[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sedi-store-'))
  server = await startPostgres()
})
afterAll(async () => {
  await server.destroy()
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(async () => {
  link = await startLink(server.port)
  direct = newStoreAddress(server.url, folder)
  store = storeAt(direct.replace(`:${server.port}`, `:${link.port}`))
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  for (const run of runs.splice(0)) await run.close()
  await link.close()
})

const storeAt = (address: string): RunStore => createPostgresStore({ address, softwareVersion: 'test', answerWithinMs: 3000, reconnectForMs: 30_000 })
const hold = async (opening: Promise<OpenRun>): Promise<OpenRun> => {
  const run = await opening
  runs.push(run)
  return run
}
const item = (i: number): Fact => ({ ...oneOfEach['held-out'], itemId: `item ${i}` })
const code = async (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error: unknown) => (SediError.is(error) ? error.code : String(error)),
  )

/** Every fact once, numbers without gaps, and all that is derived as the facts say. */
async function expectSound(items: readonly number[]): Promise<void> {
  const reader = storeAt(direct)
  const ledger = await reader.read('run-1')
  const facts = await Array.fromAsync(ledger.facts())
  expect(facts.map(({ seq }) => seq)).toEqual(facts.map((_, i) => i + 1))
  const found = facts.flatMap((fact) => (fact.kind === 'held-out' ? [fact.itemId] : []))
  expect(found.toSorted()).toEqual(items.map((i) => `item ${i}`).toSorted())
  expect((await reader.check('run-1')).damage).toEqual([])
}

/** Cuts the line once, at the next COMMIT: before the server sees it, or when its answer comes. */
function cutAtCommit(when: 'before' | 'after'): void {
  let sent = false
  link.watch((chunk, direction): Verdict => {
    if (sent && direction === 'to-client') {
      link.watch(undefined)
      return 'cut'
    }
    if (direction === 'to-client' || !chunk.includes('COMMIT\0')) return 'pass'
    if (when === 'after') {
      sent = true
      return 'pass'
    }
    link.watch(undefined)
    return 'cut'
  })
}

it.each(['before', 'after'] as const)('a commit whose line is cut %s it took effect is found out, and neither lost nor doubled', async (when) => {
  const { ledger, budget } = await hold(store.create(runFact()))
  const { cuts } = link.counts()
  cutAtCommit(when)
  await ledger.append([item(0), item(1)])
  expect(link.counts().cuts).toBe(cuts + 1)
  const attempts = budget({ maxCostNanoUsd: 1000 })
  cutAtCommit(when)
  // The whole budget: counted twice, it would be refused.
  expect(await attempts.reserve(attemptFact('c0'))).toMatchObject({ granted: true, committedNanoUsd: 1000 })
  expect(await attempts.reserve(attemptFact('c1', 1, 1))).toMatchObject({ granted: false, committedNanoUsd: 1000 })
  expect(link.counts().cuts).toBe(cuts + 2)
  await expectSound([0, 1])
})

it('a line that is cut forty times, and a server that is killed three times, lose and double nothing', { timeout: 600_000 }, async () => {
  const run = await hold(store.create(runFact()))
  const budget = run.budget({ maxCostNanoUsd: 1_000_000_000, shared: 'team' })
  let calls = 0
  let done = 0
  let cutting = true
  async function client(): Promise<void> {
    while (cutting) {
      const i = calls++
      const callId = `c${i}`
      expect((await budget.reserve(attemptFact(callId))).granted).toBe(true)
      await run.ledger.append([answeredFact(callId), callFact(callId, i)])
      await run.ledger.append([candidateFact(`${callId}-i00`, callId), { kind: 'yield', callId, round: 1, raw: 1, kept: 1 }])
      done++
    }
  }
  const clients = Promise.all(Array.from({ length: 8 }, client))
  for (let i = 0; i < 40; i++) {
    await wait(150 + 400 * Math.random())
    link.cut()
    if (i % 15 !== 7) continue
    await server.kill()
    await wait(300)
    await server.start()
  }
  cutting = false
  await clients
  expect(done).toBe(calls)
  expect(calls).toBeGreaterThan(40)
  await expectSound([])

  const calm = await createSqliteStore({ folder, softwareVersion: 'test' }).create({ ...runFact(), runId: `calm-${Date.now()}` })
  for (let i = 0; i < calls; i++) {
    const callId = `c${i}`
    await calm.ledger.append([attemptFact(callId), answeredFact(callId), callFact(callId, i)])
    await calm.ledger.append([candidateFact(`${callId}-i00`, callId), { kind: 'yield', callId, round: 1, raw: 1, kept: 1 }])
  }
  expect(await run.ledger.digest()).toBe(await calm.ledger.digest())
  expect(await run.ledger.totals()).toEqual(await calm.ledger.totals())
  await calm.close()
})

it('a line that swallows everything is given up after a while, and the work done over another one', async () => {
  const { ledger } = await hold(store.create(runFact()))
  await ledger.append([item(0)])
  link.stall(true)
  const appended = ledger.append([item(1)])
  await wait(200)
  expect(await Promise.race([appended.then(() => 'done'), wait(500, 'waiting')])).toBe('waiting')
  // The connections that stand are dead for good; new ones go through.
  setTimeout(() => link.stall(false), 4000)
  link.watch(() => 'pass')
  await appended
  await expectSound([0, 1])
})

it('a statement that an administrator cancels leaves no transaction open: what comes after is recorded', async () => {
  // More patient than it takes us to find its statement.
  const patient = createPostgresStore({ address: direct, softwareVersion: 'test', answerWithinMs: 120_000 })
  const { ledger } = await hold(patient.create(runFact()))
  const admin = await createServer(direct).connect()
  await admin.query('BEGIN')
  await admin.query('SELECT run FROM head FOR UPDATE')
  const appended = code(ledger.append([item(0)]))
  for (let cancelled = false; !cancelled; await wait(50)) {
    const { rows } = await createServer(direct).query(
      `SELECT pg_cancel_backend(pid) AS done FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%head%'`,
    )
    cancelled = rows.length > 0
  }
  await admin.query('ROLLBACK')
  await admin.close()
  expect(await appended).toBe('storage')
  await ledger.append([item(1)])
  await expectSound([1])
})

it('a run can be closed over a line that swallows everything', async () => {
  const run = await store.create(runFact())
  link.stall(true)
  await run.close()
  link.stall(false)
})

it.each(['still has it', 'has let go of it'])('who was cut off while another process took the run over records nothing more, when that %s', async (state) => {
  const stale = await hold(store.create(runFact()))
  await stale.ledger.append([item(0)])
  link.stall(true)
  const admin = createServer(direct)
  await admin.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND application_name LIKE 'sedi %'`)
  const taken = await hold(storeAt(direct).open('run-1'))
  await taken.ledger.append([item(1), item(3)])
  if (state === 'has let go of it') await taken.close()
  link.stall(false)
  expect(await code(stale.ledger.append([item(2)]))).toBe('conflict')
  expect(await code(stale.budget({ maxCostNanoUsd: undefined }).reserve(attemptFact('c0')))).toBe('conflict')
  await expectSound([0, 1, 3])
})

it('a writer whose right was given away without its line being cut is refused', async () => {
  const { ledger } = await hold(store.create(runFact()))
  await createServer(direct).query('UPDATE head SET term = term + 1')
  expect(await code(ledger.append([item(0)]))).toBe('conflict')
  await expectSound([])
})

it('a process that is killed leaves the run free at once, and everything it was told of recorded', async () => {
  const run = await store.create(runFact())
  await run.close()
  const told: number[] = []
  for (let round = 0; round < 3; round++) {
    const file = fileURLToPath(new URL('../../fixtures/writing-process.ts', import.meta.url))
    const args = ['--conditions=@sedi/source', '--disable-warning=ExperimentalWarning', file, direct, String(round * 1_000_000)]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    children.push(child)
    let text = ''
    child.stdout.on('data', (chunk) => {
      text += chunk
    })
    while (text.split('\n').length < 50) await wait(20)
    child.kill('SIGKILL')
    await new Promise((resolve) => child.once('close', resolve))
    told.push(...text.split('\n').slice(1, -1).map(Number))
  }
  const opened = await hold(storeAt(direct).open('run-1'))
  const recorded = (await opened.ledger.find('held-out')).map(({ itemId }) => Number(itemId.slice(5)))
  expect(told.filter((i) => !recorded.includes(i))).toEqual([])
  await expectSound(recorded)
})

it('a reader that follows the numbers misses nothing, although two recorders commit late and out of turn', async () => {
  const run = await hold(store.create(runFact()))
  const other = createServer(direct.replace(`:${server.port}`, `:${link.port}`))
  const target = { run: 1, shapes: await readShapes(other, other.schema), term: undefined }
  const connection = await other.connect()
  link.delay(() => 4 * Math.random())
  let working = true
  const writers = Promise.all([
    (async () => {
      for (let i = 0; i < 60; i++) await run.ledger.append([item(2 * i)])
    })(),
    (async () => {
      for (let i = 0; i < 60; i++) await recordGroup(connection, target, [{ facts: [item(2 * i + 1)] }])
    })(),
  ]).finally(() => {
    working = false
  })
  const reader = createServer(direct)
  const seen: number[] = []
  while (working) {
    const { rows } = await reader.query('SELECT seq FROM held_out WHERE run = 1 AND seq > $1 ORDER BY seq', [seen.at(-1) ?? 0])
    seen.push(...rows.map(({ seq }) => Number(seq)))
  }
  await writers
  const { rows } = await reader.query('SELECT seq FROM held_out WHERE run = 1 AND seq > $1 ORDER BY seq', [seen.at(-1) ?? 0])
  seen.push(...rows.map(({ seq }) => Number(seq)))
  // The run's own fact and its session come first.
  expect(seen).toEqual(Array.from({ length: 120 }, (_, i) => i + 3))
  link.delay(undefined)
  await connection.close()
  await expectSound(Array.from({ length: 120 }, (_, i) => i))
})

it('a server that stays away is waited for once, not by everybody in turn', { timeout: 600_000 }, async () => {
  const away = createPostgresStore({ address: direct.replace(`:${server.port}`, `:${link.port}`), softwareVersion: 'test', reconnectForMs: 3000 })
  const { ledger } = await hold(away.create(runFact()))
  await ledger.append([item(0)])
  await server.kill()
  expect(await Promise.all([1, 2, 3].map((i) => code(ledger.append([item(i)]))))).toEqual(['storage', 'storage', 'storage'])
  const { connections } = link.counts()
  for (const i of [4, 5, 6]) expect(await code(ledger.append([item(i)]))).toBe('storage')
  // Each tries once more, where waiting anew would be half a dozen tries.
  expect(link.counts().connections - connections).toBeLessThanOrEqual(2 * 3)
  await server.start()
  await ledger.append([item(7)])
  await expectSound([0, 7])
})
