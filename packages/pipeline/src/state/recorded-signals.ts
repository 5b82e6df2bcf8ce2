import type { BatchSignal, SignalRule } from '@sedi/core'
import type { Ledger, RunConfig, TrainerCapabilities } from '@sedi/spec'
import { probeDrops } from './probe-progress.ts'
import { batchSignals, exampleScores, signalFor, type TrainedBatch, trainedBatches } from './trained-batches.ts'

/** The batches of a run and what made them attractive, as its ledger has them. */
export type RecordedSignals = {
  /** Undefined where the trainer tells nothing that could be one. */
  readonly rule: SignalRule | undefined
  readonly batches: readonly TrainedBatch[]
  /** Of the batches that have one, in step order. */
  readonly signals: readonly BatchSignal[]
}

/** The same signals that feedback had, without carrying the run on. Cost O(batches · rows), with probes O(kept instructions) as well. */
export async function recordedSignals(
  ledger: Ledger,
  config: Pick<RunConfig, 'feedback' | 'filter'>,
  capabilities: TrainerCapabilities | undefined,
): Promise<RecordedSignals> {
  const rule = signalFor(config, capabilities)
  const batches = await trainedBatches(ledger)
  if (rule === undefined) return { rule, batches, signals: [] }
  const kept = rule.needs.includes('probes') ? await ledger.find('candidate', { verdict: 'kept' }) : []
  const byId = new Map(kept.map((candidate) => [candidate.id, candidate]))
  const { tokenizer } = config.filter
  const dropOf = await probeDrops({ ledger, signal: rule, tokenizer, taskOf: (id) => byId.get(id), known: new Map() })
  return { rule, batches, signals: batchSignals(batches, rule, await exampleScores(ledger), dropOf) }
}
