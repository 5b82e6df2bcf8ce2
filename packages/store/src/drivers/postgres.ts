import { existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Limiter, type OpenRun, type RunFact, type RunState, type RunStore, type RunSummary, SediError, stateShown } from '@sedi/spec'
import { beginSession } from '../begin-session.ts'
import { totalsOf } from '../facts/counters.ts'
import { emptyDigest } from '../facts/digest.ts'
import type { StoreDriver, StoreOptions } from './driver.ts'
import { openCallDesk } from './postgres/calls/call-desk.ts'
import { openCallQueue } from './postgres/calls/call-queue.ts'
import { readQueueFigures } from './postgres/calls/queue-figures.ts'
import { takeBackTickets } from './postgres/calls/tickets.ts'
import { findDamage, rebuildDerived } from './postgres/check.ts'
import { copyToFolder } from './postgres/copy-to-folder.ts'
import { readShapes, type Shapes } from './postgres/fact-rows.ts'
import { layOut, layoutOf, lockClass } from './postgres/layouts.ts'
import { createReader, lastSeq, readFacts } from './postgres/reader.ts'
import { countersOf } from './postgres/record.ts'
import { leaveRequest, type RequestWatch, watchRequests } from './postgres/requests.ts'
import { salvageRun } from './postgres/salvage.ts'
import { createServer, publicAddress, type Queries, type ServerOptions } from './postgres/server.ts'
import { createSharedLimiter } from './postgres/shared/limiter.ts'
import { heldLock, isRunHeld, openRunWriter, type RunWriter } from './postgres/writer.ts'
import { createSqliteStore } from './sqlite.ts'

/** A schema of a PostgreSQL database (14 or newer), for all machines that reach it. */
export default {
  id: 'postgres',
  schemes: ['postgres', 'postgresql'],
  open: (address, options) => createPostgresStore({ address, ...options }),
  publicAddress,
} satisfies StoreDriver

export type PostgresStoreOptions = StoreOptions &
  ServerOptions & {
    /** `postgres://user@host:port/database?schema=sedi&files=./runs` */
    readonly address: string
  }

/** Longest wait for an answer to who asks whether the store is well. */
const soonMs = 3000

type Store = { readonly shapes: Shapes; readonly id: string }

/**
 * A store of runs in PostgreSQL: one writer per run, on whatever machine; any number of readers. What is no fact (models, what adapters
 * note) lies in a folder per run under `files` of the address, on the machine that writes: give all machines the same shared folder when
 * a run with a local trainer may change machines.
 *
 * A lost connection is made again, and what was under way is done again, for up to a minute. A path to a folder with a ledger (a backup)
 * can be read as well.
 */
export function createPostgresStore({ address, clock = Date.now, softwareVersion, ...serverOptions }: PostgresStoreOptions): RunStore {
  const server = createServer(address, serverOptions)
  const filesFolder = resolve(new URL(address).searchParams.get('files') ?? './runs')
  const copies = createSqliteStore({ folder: filesFolder, clock, softwareVersion })
  const isCopy = (runIdOrPath: string): boolean => existsSync(join(resolve(runIdOrPath), 'ledger.db'))
  let prepared: Promise<Store> | undefined

  function store(): Promise<Store> {
    prepared ??= prepare()
    prepared.catch(() => {
      prepared = undefined
    })
    return prepared
  }

  async function prepare(): Promise<Store> {
    await layOut(server)
    const { rows } = await server.query('SELECT id FROM store')
    return { shapes: await readShapes(server, server.schema), id: String(rows[0]?.id) }
  }

  async function runNumber(runId: string): Promise<number> {
    await store()
    const { rows } = await server.query('SELECT run FROM head WHERE name = $1 AND last_seq > 0', [runId])
    if (rows[0] !== undefined) return Number(rows[0].run)
    throw new SediError('not-found', `There is no run “${runId}” in ${server.name}. “sedi runs” lists what is there.`)
  }

  const nameTaken = (runId: string): SediError => new SediError('conflict', `There is already a run “${runId}” in ${server.name}.`)

  /** Two stores may have runs of one name, and share a disk. */
  const folderOf = ({ id }: Store, runId: string): string => join(filesFolder, `${server.schema}-${id.slice(0, 8)}`, runId)

  async function hold(run: number, runId: string, prepareRun: (writer: RunWriter) => Promise<void>): Promise<OpenRun> {
    const { shapes, id } = await store()
    const watches: RequestWatch[] = []
    const lookForRequests = (): void => {
      for (const watch of watches) watch.look()
    }
    const writer = await openRunWriter({ server, run, shapes, onRequest: lookForRequests })
    const limiters: Limiter[] = []
    const ledger = {
      ...createReader(server, run, shapes),
      runId,
      append: writer.append,
      close: async () => {},
    }
    try {
      const inHands = await takeBackTickets(server, run)
      await prepareRun(writer)
      const folder = folderOf({ shapes, id }, runId)
      mkdirSync(folder, { recursive: true })
      const session = await beginSession(ledger, { clock, softwareVersion, inHands })
      return {
        ledger,
        folder,
        budget({ maxCostNanoUsd, maxTokens, shared }) {
          writer.shareBudget(shared)
          return { reserve: (attempt) => writer.reserve(attempt, { maxCostNanoUsd, maxTokens }) }
        },
        limiter(key, limits) {
          const limiter = createSharedLimiter(server, key, { ...limits, clock })
          limiters.push(limiter)
          return limiter
        },
        onRequest(listener) {
          watches.push(watchRequests(server, run, session, listener))
        },
        queue: { inHands, open: () => openCallQueue({ server, run, runId, session, ledger, clock }) },
        async close() {
          for (const watch of watches.splice(0)) watch.close()
          for (const limiter of limiters.splice(0)) limiter.close()
          await writer.close()
        },
      }
    } catch (error) {
      await writer.close()
      throw error
    }
  }

  /** The row that stands for the run. One without facts is left of a creation that was interrupted, perhaps this one, and may be taken by whoever holds it first. */
  async function addRun({ runId }: RunFact): Promise<number> {
    await store()
    const values = [runId, server.owner, emptyDigest]
    await server.query(`INSERT INTO head (name, holder, digest, counters) VALUES ($1, $2, $3, '{}') ON CONFLICT (name) DO NOTHING`, values)
    const { rows } = await server.query('SELECT run FROM head WHERE name = $1 AND last_seq = 0', [runId])
    if (rows[0] !== undefined) return Number(rows[0].run)
    throw nameTaken(runId)
  }

  return {
    async create(run, beginning = []) {
      const number = await addRun(run)
      return hold(number, run.runId, async (writer) => {
        if ((await lastSeq(server, number)) > 0) throw nameTaken(run.runId)
        await writer.append([run, ...beginning])
      })
    },
    async open(runId) {
      return hold(await runNumber(runId), runId, async () => {})
    },
    async read(runIdOrPath) {
      if (isCopy(runIdOrPath)) return copies.read(runIdOrPath)
      const run = await runNumber(runIdOrPath)
      return { ...createReader(server, run, (await store()).shapes), runId: runIdOrPath, append: refuseToWrite, close: async () => {} }
    },
    async folderOf(runIdOrPath) {
      if (isCopy(runIdOrPath)) return copies.folderOf(runIdOrPath)
      await runNumber(runIdOrPath)
      return folderOf(await store(), runIdOrPath)
    },
    async isHeld(runId) {
      if (isCopy(runId)) return copies.isHeld(runId)
      return isRunHeld(server, server.schema, await runNumber(runId))
    },
    async request(runId, request) {
      await leaveRequest(server, await runNumber(runId), request)
    },
    async check(runId) {
      if (isCopy(runId)) return copies.check(runId)
      const run = await runNumber(runId)
      const { shapes, id } = await store()
      const found = await inSnapshot((queries) => findDamage(queries, run, shapes))
      return { folder: folderOf({ shapes, id }, runId), ...found }
    },
    async rebuild(runId) {
      const run = await runNumber(runId)
      const { shapes } = await store()
      const writer = await openRunWriter({ server, run, shapes, onRequest: () => {} })
      try {
        await writer.alone((connection) => rebuildDerived(connection, run, shapes))
      } finally {
        await writer.close()
      }
    },
    async salvage(runId) {
      return salvageRun(server, await runNumber(runId), (await store()).shapes)
    },
    async ready() {
      await layoutOf(server, server.soon(soonMs))
    },
    queueFigures: () => readQueueFigures(server, server.soon(soonMs)),
    async openDesk() {
      const { shapes } = await store()
      return openCallDesk({ server, shapes, runNumber, clock })
    },
    async backup(runId, target) {
      const run = await runNumber(runId)
      await copyToFolder(readFacts(server, run, (await store()).shapes), target)
    },
    async list() {
      const { shapes, id } = await store()
      const { rows } = await server.query(
        `SELECT head.run, name, counters, config ->> 'recipe' AS recipe, created_at, run_state.state, run_state.reason,
           EXISTS (${heldLock('$1', 'head.run')}) AS held
         FROM head JOIN "run" USING (run)
         LEFT JOIN LATERAL (SELECT state, reason FROM run_state WHERE run_state.run = head.run ORDER BY "index" DESC LIMIT 1) AS run_state ON true
         ORDER BY created_at, head.run`,
        [lockClass(server.schema) >>> 0],
      )
      return rows.map(
        (row): RunSummary => ({
          runId: String(row.name),
          folder: folderOf({ shapes, id }, String(row.name)),
          recipe: String(row.recipe ?? ''),
          ...stateShown({ state: (row.state ?? 'running') as RunState, reason: String(row.reason ?? '') }, row.held === true),
          createdAt: Number(row.created_at),
          totals: totalsOf(countersOf(row.counters)),
        }),
      )
    },
  }

  /** Several questions about one state of the database. */
  async function inSnapshot<Value>(work: (queries: Queries) => Promise<Value>): Promise<Value> {
    return server.persistently(async () => {
      const connection = await server.connect()
      try {
        await connection.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
        return await work(connection)
      } finally {
        await connection.close()
      }
    })
  }
}

async function refuseToWrite(): Promise<never> {
  throw new SediError('internal', 'The ledger was opened for reading.')
}
