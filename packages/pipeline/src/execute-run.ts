import { type RunState, SediError, toSediError } from '@sedi/spec'
import { accountForEmbedders } from './calls/accounted-embedder.ts'
import { createReservations } from './calls/reserve.ts'
import { waitingAttempts } from './calls/waiting-attempts.ts'
import { recordRunState } from './record-run-state.ts'
import { restoreRun } from './restore-run.ts'
import { runRound } from './round.ts'
import type { Run, RunOptions } from './run-context.ts'
import { cancelBought } from './steps/cancel-bought.ts'
import { cancelTraining } from './steps/cancel-training.ts'
import { evaluateModel } from './steps/evaluate-model.ts'

export type RunOutcome = {
  readonly state: RunState
  /** Why it is not done. */
  readonly error: SediError | undefined
}

/**
 * Carries a run from wherever its ledger says it is to its end, or to the next reason to pause. What can be cured from outside
 * (a stop, money, a provider, a key, a disk) pauses it, or cancels it when that was asked for; what cannot (a contradiction in the ledger,
 * a defect) fails it.
 */
export async function executeRun(options: RunOptions): Promise<RunOutcome> {
  try {
    await recordState(options, 'running', '', undefined)
    // Workers' attempts are the run's as well.
    const reservations = createReservations(options.budget, { others: options.queue !== undefined })
    const account = accountForEmbedders(options, reservations)
    const run = await restoreRun({ ...options, adapters: account.adapters }, reservations)
    await evaluateModel(0, run)
    for (let round = 1; round <= run.config.rounds; round++) {
      account.enterRound(round)
      await runRound(round, run)
    }
    await recordState(run, 'done', 'target reached', undefined)
    reportDone(run)
    return { state: 'done', error: undefined }
  } catch (thrown) {
    const error = whyStopped(toSediError(thrown), options)
    const state = stateAfter(error, options)
    if (state === 'cancelled') await cancelTraining({ ...options, trainer: options.adapters.trainer })
    const undecided = state === 'cancelled' ? await cancelAtProvider(options) : undefined
    if (undecided !== undefined) return pause(options, undecided)
    if (state === 'paused') await sayWhatGoesOn(options)
    // A ledger that cannot be written cannot record that either; the exit code and the message say it.
    await recordState(options, state, error.message, error).catch(() => {})
    return { state, error }
  }
}

/** Why it is not known what the provider did and charged; undefined when all of it is recorded. Such a run is not over yet. */
async function cancelAtProvider({ ledger, config, adapters, clock, abort: signal, onNotice }: RunOptions): Promise<SediError | undefined> {
  try {
    await cancelBought({ ledger, config, generator: adapters.generator, clock, signal, onNotice })
    return undefined
  } catch (thrown) {
    const { code, message } = toSediError(thrown)
    return new SediError(code, `The run is not cancelled yet: what its provider still works on could not be ended: ${message} Cancel it again.`)
  }
}

async function pause(options: RunOptions, error: SediError): Promise<RunOutcome> {
  await recordState(options, 'paused', error.message, error).catch(() => {})
  return { state: 'paused', error }
}

async function sayWhatGoesOn({ ledger, onNotice }: RunOptions): Promise<void> {
  const waiting = await waitingAttempts(ledger).catch(() => [])
  if (waiting.length === 0) return
  onNotice(
    `${waiting.length} requests go on at the provider. “sedi resume ${ledger.runId}” fetches their answers, also days later; “sedi cancel ${ledger.runId}” ends them.`,
  )
}

function stateAfter(error: SediError, { cancel }: RunOptions): RunState {
  if (error.code === 'internal' || error.code === 'conflict') return 'failed'
  return cancel?.aborted === true ? 'cancelled' : 'paused'
}

/** Whoever stops a run can say why; otherwise the step that noticed does. */
function whyStopped(error: SediError, { stop, cancel }: RunOptions): SediError {
  if (error.code === 'internal' || error.code === 'conflict') return error
  if (cancel?.aborted === true && SediError.is(cancel.reason)) return cancel.reason
  return error.code === 'aborted' && SediError.is(stop.reason) ? stop.reason : error
}

function reportDone(run: Run): void {
  const { rounds } = run.config
  run.onProgress({ round: rounds, rounds, stage: 'done', done: rounds, planned: rounds })
}

async function recordState({ ledger, clock }: RunOptions, state: RunState, reason: string, error: SediError | undefined): Promise<void> {
  await recordRunState(ledger, { state, reason, errorCode: error?.code ?? null, at: clock() })
}
