import { type CostEstimate, estimateCost, maskRule, policyOf, signalFor } from '@sedi/pipeline'
import type { RunConfig } from '@sedi/spec'
import { trainerCapabilities, trainerNotes } from '@sedi/trainers'
import { providerOf } from './adapters.ts'
import { priceNote } from './config/with-list-price.ts'
import { loadBenchmarks } from './inputs/load-benchmarks.ts'
import { loadHeldOut, loadSeeds } from './inputs/load-tasks.ts'

/** What a run would do and cost; made without sending anything or creating a folder. */
export type RunPlan = {
  readonly estimate: CostEstimate
  readonly seeds: number
  readonly testItems: number
  /** Questions of `filter.benchmarks` that must not leak into the data. */
  readonly benchmarkQuestions: number
  /** Name of the signal that feedback will use; undefined where it uses none. */
  readonly signal: string | undefined
  /** The mask that training will use. */
  readonly mask: 'none' | 'gap' | 'trim'
  /** What the user should know before starting: what is off, advisory or unknown, and what is used instead. */
  readonly notes: readonly string[]
}

export async function planRun(config: RunConfig): Promise<RunPlan> {
  const seeds = await loadSeeds(config.seeds)
  const heldOut = config.evaluation.heldOut === undefined ? [] : await loadHeldOut(config.evaluation.heldOut)
  const benchmarks = await loadBenchmarks(config.filter.benchmarks)
  return {
    estimate: estimateCost(config, seeds),
    seeds: seeds.length,
    testItems: heldOut.length,
    benchmarkQuestions: benchmarks.length,
    mask: maskRule(config, trainerCapabilities(config.trainer)),
    signal: policyOf(config).needs.signal ? signalFor(config, trainerCapabilities(config.trainer))?.id : undefined,
    notes: notesOf(config),
  }
}

/** Said in plan, status and report, so that nothing degrades silently. */
export function notesOf(config: RunConfig): string[] {
  const notes: string[] = []
  const trainer = trainerCapabilities(config.trainer)
  if (trainer === undefined) notes.push('No trainer: batches are not trained and feedback is off; the seeds stay as they are.')
  else if (!trainer.fixedBatches)
    notes.push(
      `The trainer “${config.trainer.id}” cannot keep our batches: they are advisory, and what it tells of a step may be about other rows. Should it shuffle, feedback is no better than chance.`,
    )
  if (trainer !== undefined && config.seedPolicy.rule !== 'fixed') {
    if (!config.feedback.verify) notes.push('Promoted seeds are not verified (feedback.verify is off).')
    else if (config.verifier === undefined)
      notes.push('Nobody knows the right answers here: promoted seeds are checked for schema, length, refusals and what filter.checks looks for only.')
    else notes.push(`Promoted seeds are checked by the oracle “${config.verifier.id}”. A real run has no such oracle.`)
  }
  if (trainer !== undefined && policyOf(config).needs.signal) {
    const signal = signalFor(config, trainer)
    if (signal !== undefined && signal.fallback !== 1 && !trainer.perStepGradNorm)
      notes.push(`The trainer “${config.trainer.id}” gives no gradient norms: feedback uses ${signal.title} instead.`)
  }
  if (trainer !== undefined && config.training.mask === 'auto' && maskRule(config, trainer) === 'none')
    notes.push(`The trainer “${config.trainer.id}” cannot leave suspected label errors out of the loss: nothing is masked.`)
  notes.push(...trainerNotes(config.trainer))
  if (config.generator.price === undefined) {
    const cap = config.budget.maxTokens
    notes.push(
      `The price is unknown: costs are not counted, and no budget in dollars can be held. ${cap === undefined ? 'budget.maxTokens (--max-tokens) caps tokens instead.' : `The run pauses at ${cap} tokens.`}`,
    )
  }
  const { provider, options } = providerOf(config.generator)
  notes.push(...(provider.notes?.(options) ?? []))
  const listed = priceNote(config)
  if (listed !== undefined) notes.push(listed)
  if (config.generator.price !== undefined && config.budget.maxCostUsd === undefined) notes.push('No budget is set (budget.maxCostUsd or --max-cost).')
  return notes
}
