import { accessSync, constants, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { closeAll, type Limiter, type OpenRun, type RunStore, type RunSummary, SediError, stateShown } from '@sedi/spec'
import { beginSession } from '../begin-session.ts'
import { totalsOf } from '../facts/counters.ts'
import type { StoreDriver } from './driver.ts'
import { type EmergencyRoom, reserveEmergencyRoom } from './sqlite/emergency-room.ts'
import { openSqliteLedger, type SqliteLedger } from './sqlite/ledger.ts'
import { backUpLedger, checkLedger, rebuildLedger } from './sqlite/maintain.ts'
import { needsUpgrade } from './sqlite/open-database.ts'
import { leaveRequest, type RequestWatch, watchRequests } from './sqlite/run-requests.ts'
import { salvageLedger } from './sqlite/salvage/salvage.ts'
import { createSharedBudget, type SharedBudget } from './sqlite/shared/shared-budget.ts'
import { createSharedLimiter } from './sqlite/shared/shared-limiter.ts'
import { storageError } from './sqlite/storage-error.ts'
import { readTailMark } from './sqlite/tail-mark.ts'
import { isWriterLocked, takeWriterLock } from './sqlite/writer-lock.ts'

/** A folder on this machine. */
export default {
  id: 'sqlite',
  schemes: [],
  open: (folder, options) => createSqliteStore({ folder, ...options }),
  publicAddress: (folder) => folder,
} satisfies StoreDriver

export type SqliteStoreOptions = {
  /** The store's folder; each run is a folder in it. Created when the first run is. */
  readonly folder: string
  readonly clock?: (() => number) | undefined
  /** Version of the software that writes, for the session facts. */
  readonly softwareVersion: string
}

/** A store of runs on one machine: `<folder>/<run id>/ledger.db`, one writer per run, any number of readers. */
export function createSqliteStore({ folder, clock = Date.now, softwareVersion }: SqliteStoreOptions): RunStore {
  function locate(runIdOrPath: string): string {
    const candidates = [join(folder, runIdOrPath), resolve(runIdOrPath)]
    const found = candidates.find((candidate) => existsSync(join(candidate, 'ledger.db')))
    if (found !== undefined) return found
    throw new SediError('not-found', `There is no run “${runIdOrPath}”: looked for a ledger in ${candidates.join(' and ')}. “sedi runs” lists what is there.`)
  }

  async function openForWriting(runFolder: string, prepare: (ledger: SqliteLedger) => Promise<void>): Promise<OpenRun> {
    assertWritable(runFolder)
    const lock = lockOrThrow(runFolder)
    let ledger: SqliteLedger | undefined
    try {
      const emergencyRoom = takeEmergencyRoom(runFolder)
      const budgetShare = createSharedBudget(dirname(runFolder))
      ledger = openSqliteLedger(ledgerIn(runFolder), { readOnly: false, emergencyRoom, budgetShare })
      await prepare(ledger)
      const session = await beginSession(ledger, { clock, softwareVersion })
      return openRun({ runFolder, ledger, lock, budgetShare, session, createdAt: (await ledger.find('run'))[0]?.createdAt ?? 0 })
    } catch (error) {
      // What went wrong first is what is said.
      await closeAll(
        () => ledger?.close(),
        () => lock.release(),
      ).catch(() => {})
      throw error
    }
  }

  function openRun({ runFolder, ledger, lock, budgetShare, session, createdAt }: Held): OpenRun {
    const limiters: Limiter[] = []
    const watches: RequestWatch[] = []
    return {
      ledger,
      folder: runFolder,
      budget({ maxCostNanoUsd, maxTokens, shared }) {
        // A folder of the same name may have held another run before, whose money stays counted.
        if (shared === undefined) budgetShare.leave()
        else budgetShare.join(shared, `${basename(runFolder)} ${createdAt}`)
        return { reserve: (attempt) => ledger.reserve(attempt, maxCostNanoUsd, maxTokens) }
      },
      limiter(key, limits) {
        const limiter = createSharedLimiter(dirname(runFolder), key, { ...limits, clock })
        limiters.push(limiter)
        return limiter
      },
      onRequest(listener) {
        watches.push(watchRequests(runFolder, session, listener))
      },
      close: () =>
        closeAll(
          ...[...watches.splice(0), ...limiters.splice(0)].map((one) => () => one.close()),
          () => ledger.close(),
          () => budgetShare.leave(),
          () => lock.release(),
        ),
    }
  }

  return {
    async create(run, beginning = []) {
      const runFolder = join(folder, run.runId)
      try {
        mkdirSync(folder, { recursive: true })
      } catch (error) {
        throw cannotWrite(folder, error)
      }
      try {
        mkdirSync(runFolder)
      } catch (error) {
        if (hasCode(error, 'EEXIST')) throw new SediError('conflict', `There is already a run “${run.runId}” in ${folder}.`, { cause: error })
        throw cannotWrite(runFolder, error)
      }
      return openForWriting(runFolder, (ledger) => ledger.append([run, ...beginning]))
    },
    async open(runIdOrPath) {
      return openForWriting(locate(runIdOrPath), async () => {})
    },
    async read(runIdOrPath) {
      const runFolder = locate(runIdOrPath)
      await upgrade(runFolder)
      return openSqliteLedger(ledgerIn(runFolder), { readOnly: true })
    },
    async folderOf(runIdOrPath) {
      return locate(runIdOrPath)
    },
    async isHeld(runIdOrPath) {
      return isWriterLocked(locate(runIdOrPath))
    },
    async request(runIdOrPath, request) {
      const runFolder = locate(runIdOrPath)
      try {
        leaveRequest(runFolder, request)
      } catch (error) {
        throw cannotWrite(runFolder, error)
      }
    },
    async check(runIdOrPath) {
      const runFolder = locate(runIdOrPath)
      return checkLedger(runFolder, ledgerIn(runFolder), () => upgrade(runFolder))
    },
    async rebuild(runIdOrPath) {
      const runFolder = locate(runIdOrPath)
      assertWritable(runFolder)
      const lock = lockOrThrow(runFolder)
      try {
        rebuildLedger(ledgerIn(runFolder))
      } finally {
        lock.release()
      }
    },
    async salvage(runIdOrPath) {
      return salvageLedger(ledgerIn(locate(runIdOrPath)))
    },
    async backup(runIdOrPath, target) {
      await backUpLedger(ledgerIn(locate(runIdOrPath)), target)
    },
    async ready() {
      if (existsSync(folder)) assertListable(folder)
    },
    async list() {
      const folders = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []
      const runs = folders.filter((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() && existsSync(join(path, 'ledger.db')))
      const summaries = await Promise.all(runs.map(summarise))
      return summaries.filter((summary) => summary !== undefined).sort((a, b) => a.createdAt - b.createdAt)
    },
  }
}

type Held = {
  readonly runFolder: string
  readonly ledger: SqliteLedger
  readonly lock: { release(): void }
  readonly budgetShare: SharedBudget
  readonly session: number
  readonly createdAt: number
}

/** Undefined for a folder whose run was never begun. */
async function summarise(runFolder: string): Promise<RunSummary | undefined> {
  try {
    await upgrade(runFolder)
    const { run, last, totals } = await beginningAndEnd(runFolder)
    if (run === undefined) {
      if (readTailMark(ledgerIn(runFolder)) === 0) return undefined
      throw new SediError('storage', 'its ledger is damaged: what the run is cannot be read')
    }
    return {
      runId: run.runId,
      folder: runFolder,
      recipe: String(run.config.recipe ?? ''),
      ...stateShown(last, last.state === 'running' && isWriterLocked(runFolder)),
      createdAt: run.createdAt,
      totals,
    }
  } catch (error) {
    if (SediError.is(error, 'not-found')) return undefined
    const reason = error instanceof Error ? error.message : String(error)
    return { runId: basename(runFolder), folder: runFolder, recipe: '', state: 'unreadable', reason, createdAt: 0, totals: totalsOf(new Map()) }
  }
}

async function beginningAndEnd(runFolder: string) {
  const ledger = openSqliteLedger(ledgerIn(runFolder), { readOnly: true, verify: 'quick' })
  try {
    const [run] = await ledger.find('run')
    const last = (await ledger.find('run-state')).at(-1) ?? { state: 'running', reason: '' }
    return { run, last, totals: await ledger.totals() }
  } finally {
    await ledger.close()
  }
}

const ledgerIn = (runFolder: string): string => join(runFolder, 'ledger.db')

/** A reader needs the present layout; an older ledger that nobody writes is brought up to date. */
async function upgrade(runFolder: string): Promise<void> {
  if (!needsUpgrade(ledgerIn(runFolder))) return
  let lock: { release(): void } | undefined
  try {
    lock = takeWriterLock(runFolder)
  } catch (cause) {
    const why = `${(cause as Error).message}. Copy the folder to a place where you may write, and read it there (--store).`
    throw new SediError('storage', `The ledger in ${runFolder} has the layout of an older SeDi and cannot be brought up to date where it is: ${why}`, { cause })
  }
  if (lock === undefined) {
    throw new SediError(
      'conflict',
      `The run in ${runFolder} has the layout of an older SeDi, and a process of that version is carrying it on. It is brought up to date once that has ended; read it with the older version until then.`,
      { details: { held: true } },
    )
  }
  try {
    await openSqliteLedger(ledgerIn(runFolder), { readOnly: false }).close()
  } finally {
    lock.release()
  }
}

function lockOrThrow(runFolder: string): { release(): void } {
  let lock: { release(): void } | undefined
  try {
    lock = takeWriterLock(runFolder)
  } catch (error) {
    throw cannotWrite(runFolder, error)
  }
  if (lock !== undefined) return lock
  throw new SediError(
    'conflict',
    `Another process has this run open for writing (${runFolder}). Wait for it, or stop it; reading (status, explain, export) works meanwhile.`,
    { details: { held: true } },
  )
}

function assertListable(folder: string): void {
  try {
    readdirSync(folder)
  } catch (error) {
    throw new SediError('storage', `The store ${folder} cannot be read: ${(error as Error).message}.`, { cause: error })
  }
}

function assertWritable(runFolder: string): void {
  try {
    accessSync(runFolder, constants.W_OK)
  } catch (error) {
    throw cannotWrite(runFolder, error)
  }
}

function takeEmergencyRoom(runFolder: string): EmergencyRoom {
  try {
    return reserveEmergencyRoom(join(runFolder, 'emergency-room'))
  } catch (error) {
    throw cannotWrite(runFolder, error)
  }
}

function cannotWrite(path: string, error: unknown): SediError {
  if (hasCode(error, 'ENOSPC'))
    return new SediError('storage', `Cannot write to ${path}: the disk is full. Make room, or choose another place with --out.`, { cause: error })
  if (hasCode(error, 'EACCES') || hasCode(error, 'EROFS') || hasCode(error, 'EPERM')) {
    return new SediError('storage', `Cannot write to ${path}: no permission, or a read-only disk. Choose another place with --out.`, { cause: error })
  }
  if (hasCode(error, 'EEXIST') || hasCode(error, 'ENOTDIR')) {
    return new SediError('storage', `Cannot create the folder ${path}: there is a file in its place. Choose another place with --out.`, { cause: error })
  }
  return storageError(error, path)
}

function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code
}
