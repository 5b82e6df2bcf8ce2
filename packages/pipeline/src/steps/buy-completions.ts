import type { CallFact, SeedTask } from '@sedi/spec'
import { SediError } from '@sedi/spec'
import { toNanoUsd } from '../calls/money.ts'
import { finishedStage, finishStage, type Run } from '../run-context.ts'
import { countFindings } from './count-findings.ts'
import { createFinishingLine } from './finishing-line.ts'
import { type AskFollowUp, openPurchases } from './open-purchases.ts'
import { callsOfRound, promptSources } from './plan-call.ts'

/** So many answers in a row without a single kept instruction mean that something is wrong with the teacher or the prompt. */
const fruitlessLimit = 20

/** A recorded answer, and what is needed to ask about its items. */
export type Completion = {
  readonly call: CallFact
  readonly ask: AskFollowUp
  /**
   * Lets the rest of the work go on while later completions are filtered. `isMyTurn` resolves when the rest of every earlier completion is
   * done: what is recorded, is recorded in order.
   *
   * @param open items whose verdict is not known yet
   */
  finishLater(open: number, finish: (isMyTurn: Promise<void>) => Promise<void>): void
}

/**
 * raw ← teacher(sample(S, k)): the round's completions, in order of their place, each exactly once. Answers recorded earlier are not
 * asked for again. Up to `limits.concurrency` calls are in flight ahead of the one the caller works on, questions about items before
 * new completions; what is bought beyond the round's target stays recorded as surplus. The caller filters each completion before it
 * asks for the next one.
 */
export async function* buyCompletions(round: number, seeds: readonly SeedTask[], run: Run): AsyncGenerator<Completion> {
  if (finishedStage(run, round, 'generate') !== undefined) return
  const { target, rounds } = run.config
  const planned = target.calls === undefined ? undefined : callsOfRound(target.calls, rounds, round)
  const purchases = await openPurchases(round, promptSources(run.config, round, seeds, run.pool.examples), planned, run)
  const line = createFinishingLine()
  const kept = (): number => run.pool.examples.length
  let used = 0
  let fruitless = 0

  const count = (keptBefore: number): void => {
    fruitless = kept() > keptBefore ? 0 : fruitless + 1
  }
  /** Whichever part of the target comes first, in the round's share of it. Waits for verdicts only where they decide. */
  const isComplete = async (): Promise<boolean> => {
    const share = round / rounds
    if (planned !== undefined && used >= planned) return true
    if (target.kept !== undefined) {
      const goal = Math.ceil(target.kept * share)
      if (kept() + line.open >= goal) await line.done()
      if (kept() >= goal) return true
    }
    if (target.costUsd === undefined) return false
    await line.done()
    return run.spentNanoUsd >= toNanoUsd(target.costUsd) * share
  }

  try {
    for (; !(await isComplete()); used++) {
      line.assertSound()
      run.onProgress({ round, rounds, stage: 'generate', done: used, planned })
      const call = await purchases.take(used)
      const before = kept()
      let goesOn = false
      yield {
        call,
        ask: purchases.ask,
        finishLater(open, finish) {
          goesOn = true
          line.add(open, async (isMyTurn) => {
            let keptByThen = 0
            const noted = isMyTurn.then(() => {
              keptByThen = kept()
            })
            noted.catch(() => {}) // Whoever waits for it later sees the failure.
            await finish(noted)
            count(keptByThen)
          })
        },
      }
      if (!goesOn) count(before)
      if (planned === undefined && fruitless >= fruitlessLimit) throw fruitlessError(call)
    }
    await line.done()
  } finally {
    await purchases.settle()
    await line.settle()
  }
  const warning = [run.pool.tokenizerWarning(), run.meanings?.warning()].filter((one) => one !== undefined).join(' ') || undefined
  if (warning !== undefined) run.onNotice(warning)
  await finishStage(run, round, 'generate', {
    calls: used,
    kept: kept(),
    checks: await countFindings(round, run),
    ...(warning === undefined ? {} : { warning }),
  })
}

function fruitlessError(call: CallFact): SediError {
  return new SediError(
    'provider-response',
    `${fruitlessLimit} answers in a row gave no instruction worth keeping, the last one ${call.callId}. Look at why with “sedi explain <run> ${call.callId}”, or set target.calls to go on regardless.`,
  )
}
