import { recordedSignals, type TrainedBatch } from '@sedi/pipeline'
import type { Ledger, RunConfig } from '@sedi/spec'
import { trainerCapabilities } from '@sedi/trainers'

/** What training told of one instruction. */
export type TrainedExample = {
  /** Mean log p(best token) − log p(target) the first time it was trained on, nats; undefined where the trainer does not tell. */
  readonly firstGap: number | undefined
  /** Whether a mask left it out of a loss at least once. */
  readonly masked: boolean
  /** Signals of the batches it was in, one for each that has one. */
  readonly signals: readonly number[]
}

/** What training told of a run: its signal, whatever that is, and every instruction that was trained on. */
export type Training = {
  /** What makes a batch attractive there; undefined where the trainer tells nothing that could. */
  readonly signal: { readonly id: string; readonly measure: string } | undefined
  /** Over all batches that have one; null without any. */
  readonly meanSignal: number | null
  /** The signal of the batch of a step. */
  signalOf(step: number): number | undefined
  /** Undefined for what was in no batch. */
  of(exampleId: string): TrainedExample | undefined
}

/** Cost O(batches · rows). */
export async function trainingOfRun(ledger: Ledger, config: RunConfig): Promise<Training> {
  const { rule, batches, signals: ofBatches } = await recordedSignals(ledger, config, trainerCapabilities(config.trainer))
  const signals = new Map(ofBatches.map(({ step, signal }) => [step, signal]))
  const examples = examplesOf(batches, signals)
  return {
    signal: rule && { id: rule.id, measure: rule.measure },
    meanSignal: mean([...signals.values()]),
    signalOf: (step) => signals.get(step),
    of: (id) => examples.get(id),
  }
}

function examplesOf(batches: readonly TrainedBatch[], signals: ReadonlyMap<number, number>): Map<string, TrainedExample> {
  const examples = new Map<string, { firstGap: number | undefined; masked: boolean; signals: number[] }>()
  for (const { step, exampleIds, told } of batches) {
    for (const [row, id] of exampleIds.entries()) {
      const known = examples.get(id)
      const example = known ?? { firstGap: told?.exampleGaps?.[row], masked: false, signals: [] }
      if (known === undefined) examples.set(id, example)
      if (told?.masked?.[row] === true) example.masked = true
      const signal = signals.get(step)
      if (signal !== undefined) example.signals.push(signal)
    }
  }
  return examples
}

/** Null for none. */
export const mean = (values: readonly number[]): number | null => (values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length)

/** The middle one, or the mean of the middle two; null for none. */
export function median(values: readonly number[]): number | null {
  if (values.length === 0) return null
  const sorted = values.toSorted((a, b) => a - b)
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.floor(sorted.length / 2)]!) / 2
}
