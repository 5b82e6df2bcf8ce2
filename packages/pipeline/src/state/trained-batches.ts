import type { BatchSignal, SignalNeed, SignalRule, TrainedStep } from '@sedi/core'
import { signals, strongestSignal } from '@sedi/core'
import type { Ledger, RunConfig, TrainerCapabilities } from '@sedi/spec'
import type { ProbeDropOf } from './probe-progress.ts'

/** A batch that was trained on, or handed to a trainer that makes its own of the same examples. */
export type TrainedBatch = {
  /** Global optimiser step. */
  readonly step: number
  readonly exampleIds: readonly string[]
  /** Undefined where the trainer tells nothing of its steps. */
  readonly told: TrainedStep | undefined
}

/** The batches trained so far, in step order, with what the trainer told of them. Cost O(batches). */
export async function trainedBatches(ledger: Ledger): Promise<TrainedBatch[]> {
  const told = new Map((await ledger.find('step')).map((step) => [step.step, step]))
  const finished = new Set((await ledger.find('stage', { stage: 'train' })).map(({ round }) => round))
  return (await ledger.find('batch'))
    .filter(({ step, round }) => told.has(step) || finished.has(round))
    .map(({ step, exampleIds }) => ({ step, exampleIds, told: told.get(step) }))
}

/** Figures of examples by a scorer. */
export async function exampleScores(ledger: Ledger): Promise<Map<string, number | null>> {
  return new Map((await ledger.find('scores', { measure: 'ifd' })).flatMap(({ ids, values }) => ids.map((id, i) => [id, values[i]!] as const)))
}

/** What a trainer, and a scorer beside it, can give a signal. */
export function availableSignals(capabilities: TrainerCapabilities, hasScorer: boolean): ReadonlySet<SignalNeed> {
  const { perStepLoss, perStepGradNorm, perExampleLoss, perExampleError, serves } = capabilities
  const given: readonly [SignalNeed, boolean][] = [
    ['loss', perStepLoss],
    ['gradNorm', perStepGradNorm],
    ['exampleLosses', perExampleLoss],
    ['exampleErrors', perExampleError],
    ['scorer', hasScorer],
    ['probes', serves],
  ]
  return new Set(given.filter(([, has]) => has).map(([need]) => need))
}

/**
 * The signal that feedback uses: the configured one, or for `auto` the strongest that there is. Undefined without a trainer, or when it
 * cannot be had.
 */
export function signalFor({ feedback }: Pick<RunConfig, 'feedback'>, capabilities: TrainerCapabilities | undefined): SignalRule | undefined {
  if (capabilities === undefined) return undefined
  const available = availableSignals(capabilities, feedback.scorer !== undefined)
  if (feedback.signal === 'auto') return strongestSignal(available)
  const rule: SignalRule = signals[feedback.signal as keyof typeof signals]
  return rule.needs.every((need) => available.has(need)) ? rule : undefined
}

/** The signal of every batch that has one, in step order. */
export function batchSignals(
  batches: readonly TrainedBatch[],
  rule: SignalRule,
  scores: ReadonlyMap<string, number | null>,
  probeDropOf: ProbeDropOf,
): BatchSignal[] {
  return batches.flatMap(({ step, exampleIds, told }, i) => {
    const signal = rule.of({
      exampleIds,
      trained: told,
      next: batches[i + 1]?.told,
      scoreOf: (id) => scores.get(id),
      probeDropOf: (id) => probeDropOf(step, id),
    })
    return signal === null ? [] : [{ step, signal, targetTokens: told?.targetTokens }]
  })
}

/** Mean signal of the batches each example was in. */
export function exampleSignals(
  batches: readonly TrainedBatch[],
  signals: readonly BatchSignal[],
): Map<string, { readonly sum: number; readonly count: number }> {
  const bySteps = new Map(signals.map(({ step, signal }) => [step, signal]))
  const sums = new Map<string, { sum: number; count: number }>()
  for (const { step, exampleIds } of batches) {
    const signal = bySteps.get(step)
    if (signal === undefined) continue
    for (const id of exampleIds) {
      const known = sums.get(id) ?? { sum: 0, count: 0 }
      sums.set(id, { sum: known.sum + signal, count: known.count + 1 })
    }
  }
  return sums
}
