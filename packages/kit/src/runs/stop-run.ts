import { setTimeout as sleep } from 'node:timers/promises'
import { cancelBought, cancelTraining, recordRunState, waitingAttempts } from '@sedi/pipeline'
import { type Ledger, type OpenRun, type RunRequest, type RunState, type RunStateFact, type RunStore, SediError, stateShown, toSediError } from '@sedi/spec'
import { createGenerator, createTrainer } from '../adapters.ts'
import { modelFolderOf, stateFolderOf } from './open-run.ts'
import { configOf } from './run-config-of.ts'

export type StopOptions = {
  readonly action: RunRequest['action']
  /** How long to wait for the writing process to confirm; 0: leave the request and return. */
  readonly waitMs: number
  /** Ends the waiting; the request stays. */
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: StopProgress) => void) | undefined
  readonly onNotice?: ((message: string) => void) | undefined
  readonly clock?: (() => number) | undefined
}

export type StopProgress = { readonly waitedMs: number; readonly callsInFlight: number }

export type Stopped = {
  readonly run: string
  readonly action: RunRequest['action']
  /** A process was writing the run and was asked. */
  readonly requested: boolean
  /** False while that process has not confirmed it; the request stays and will be followed. */
  readonly confirmed: boolean
  readonly state: RunState | 'created' | 'interrupted'
  readonly reason: string
}

// Whether somebody writes the run is cheap to ask; what its ledger says is not.
const pollEveryMs = 150
const lookEveryMs = 1000

/**
 * Pauses or cancels a run that another process may be writing. That process is asked, and confirms through the ledger: it has recorded the new
 * state and let go of the run. A run nobody writes is not running, which is all a pause wants; to cancel it, it is opened here.
 *
 * A run that is done, or cancelled before, stays what it is. Throws `aborted` when the waiting was ended.
 */
export async function stopRun(runIdOrPath: string, store: RunStore, options: StopOptions): Promise<Stopped> {
  const { action, waitMs, signal, onProgress = () => {}, clock = Date.now } = options
  const begin = clock()
  const first = await lookAt(runIdOrPath, store)
  let now = first
  let lookedAt = begin
  let asked: number | undefined
  for (;;) {
    const held = await store.isHeld(runIdOrPath)
    if (!held || clock() - lookedAt >= lookEveryMs) {
      now = await lookAt(runIdOrPath, store)
      lookedAt = clock()
    }
    const stopped = now.states.slice(first.states.length).some(({ state }) => state !== 'running')
    if (now.state === 'cancelled' || now.state === 'done') return answer(action, now, held, asked, true)
    if (!held) {
      if (action === 'pause') return answer(action, now, held, asked, true)
      const cancelled = await cancelHere(runIdOrPath, store, options)
      if (cancelled !== undefined) return { ...answer(action, now, held, asked, true), ...cancelled }
    } else if (action === 'pause' && stopped) {
      // It was paused; that it runs again is somebody's wish.
      if (now.state === 'running') return answer(action, now, held, asked, true)
    } else if (asked !== now.session) {
      await store.request(runIdOrPath, { action, session: now.session })
      asked = now.session
    }
    if (clock() - begin >= waitMs) return answer(action, now, held, asked, stopped && action === 'pause')
    onProgress({ waitedMs: clock() - begin, callsInFlight: now.callsInFlight })
    await sleep(pollEveryMs, undefined, { signal }).catch(() => {
      throw new SediError('aborted', `Stopped waiting. The request stays: the run will ${action} as soon as what is in flight is finished.`)
    })
  }
}

function answer(action: RunRequest['action'], look: Look, held: boolean, asked: number | undefined, confirmed: boolean): Stopped {
  return { run: look.runId, action, requested: asked !== undefined, confirmed, ...stateShown(look, held) }
}

type Look = {
  readonly runId: string
  readonly states: readonly RunStateFact[]
  readonly state: Stopped['state']
  readonly reason: string
  readonly session: number
  readonly callsInFlight: number
}

async function lookAt(runIdOrPath: string, store: RunStore): Promise<Look> {
  const ledger = await store.read(runIdOrPath)
  try {
    const states = await ledger.find('run-state')
    const sessions = await ledger.find('session')
    return {
      runId: ledger.runId,
      states,
      state: states.at(-1)?.state ?? 'created',
      reason: states.at(-1)?.reason ?? '',
      session: sessions.length - 1,
      callsInFlight: (await ledger.totals()).openAttempts,
    }
  } finally {
    await ledger.close()
  }
}

/** Undefined when another process was quicker to open it. */
async function cancelHere(
  runIdOrPath: string,
  store: RunStore,
  { onNotice = () => {}, clock = Date.now, signal }: StopOptions,
): Promise<Pick<Stopped, 'state' | 'reason'> | undefined> {
  let opened: OpenRun
  try {
    opened = await store.open(runIdOrPath)
  } catch (error) {
    if (SediError.is(error, 'conflict')) return undefined
    throw error
  }
  try {
    await cancelTrainingOf(opened, onNotice)
    await cancelBoughtOf(opened, clock, onNotice, signal)
    return await recordCancelled(opened.ledger, clock())
  } finally {
    await opened.close()
  }
}

/** A trainer that cannot be made here (its package is missing) is no reason to keep the run. */
async function cancelTrainingOf(opened: OpenRun, onNotice: (message: string) => void): Promise<void> {
  try {
    const trainer = await createTrainer(await configOf(opened.ledger), modelFolderOf(opened))
    try {
      await cancelTraining({ ledger: opened.ledger, trainer, onNotice })
    } finally {
      await trainer?.close?.()
    }
  } catch (error) {
    onNotice(`Training jobs were not looked for: ${toSediError(error).message}`)
  }
}

/** What a provider still works on costs money: as long as that cannot be ended, the run is not cancelled. */
async function cancelBoughtOf(opened: OpenRun, clock: () => number, onNotice: (message: string) => void, signal: AbortSignal | undefined): Promise<void> {
  const { ledger } = opened
  if ((await waitingAttempts(ledger)).length === 0) return
  const config = await configOf(ledger)
  const generator = await createGenerator(config, { adaptations: await ledger.find('adaptation'), stateFolder: stateFolderOf(opened), onNotice })
  try {
    await cancelBought({ ledger, config, generator, clock, signal, onNotice })
  } finally {
    await generator.close?.()
  }
}

async function recordCancelled(ledger: Ledger, at: number): Promise<Pick<Stopped, 'state' | 'reason'>> {
  const cancelled = { state: 'cancelled', reason: 'cancelled by sedi cancel' } as const
  await recordRunState(ledger, { ...cancelled, errorCode: 'aborted', at })
  return cancelled
}
