import { type CostEstimate, estimateCost, maskRule, policyOf, signalFor } from '@sedi/pipeline'
import { type RunConfig, SediError } from '@sedi/spec'
import { hasScheme } from '@sedi/store'
import { trainerCapabilities, trainerNotes } from '@sedi/trainers'
import { createTrainer, providerOf } from '../adapters.ts'
import { priceNote } from '../config/with-list-price.ts'
import { loadBenchmarks } from '../inputs/load-benchmarks.ts'
import { loadExisting } from '../inputs/load-existing.ts'
import { loadHeldOut } from '../inputs/load-tasks.ts'
import { assertTrainable } from './assert-trainable.ts'
import { loadRunSeeds } from './load-run-seeds.ts'

/** What a run would do and cost; made without sending anything or creating a folder. */
export type RunPlan = {
  readonly estimate: CostEstimate
  readonly seeds: number
  readonly testItems: number
  /** Questions of `filter.benchmarks` that must not leak into the data. */
  readonly benchmarkQuestions: number
  /** Texts of `filter.against` that candidates are compared with. */
  readonly existingTexts: number
  /** Name of the signal that feedback will use; undefined where it uses none. */
  readonly signal: string | undefined
  /** The mask that training will use. */
  readonly mask: 'none' | 'gap' | 'trim'
  /** What the user should know before starting: what is off, advisory or unknown, and what is used instead. */
  readonly notes: readonly string[]
}

/** Throws what creating the run would throw of its inputs, and `unsupported` for what its trainer cannot do. Keys need not be there yet. */
export async function planRun(config: RunConfig): Promise<RunPlan> {
  const seeds = await loadRunSeeds(config)
  const heldOut = config.evaluation.heldOut === undefined ? [] : await loadHeldOut(config.evaluation.heldOut)
  const benchmarks = await loadBenchmarks(config.filter.benchmarks)
  const existing = await loadExisting(config.filter.against ?? [])
  return {
    estimate: estimateCost(config, seeds),
    seeds: seeds.length,
    testItems: heldOut.length,
    benchmarkQuestions: benchmarks.length,
    existingTexts: existing.length,
    mask: maskRule(config, trainerCapabilities(config.trainer)),
    signal: policyOf(config).needs.signal ? signalFor(config, trainerCapabilities(config.trainer))?.id : undefined,
    notes: [...notesOf(config), ...(await askTrainer(config))],
  }
}

/** What stands in the way of asking the trainer now, and would in the way of the run. */
async function askTrainer(config: RunConfig): Promise<string[]> {
  try {
    const trainer = await createTrainer(config, hasScheme(config.store) ? '.' : config.store)
    try {
      assertTrainable(trainer, config)
    } finally {
      await trainer?.close?.()
    }
    return []
  } catch (error) {
    if (SediError.is(error, 'missing-credential') || SediError.is(error, 'missing-dependency')) return [`Before this can run: ${error.message}`]
    throw error
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
  const [unknown, listed, uncapped] = priceNotes(config)
  const { provider, options } = providerOf(config.generator)
  return [...notes, unknown, ...(provider.notes?.(options) ?? []), listed, uncapped].filter((note) => note !== undefined)
}

/** Those of the notes that are about the teacher's price and its budget. */
export const priceNotesOf = (config: RunConfig): string[] => priceNotes(config).filter((note) => note !== undefined)

function priceNotes(config: RunConfig): [unknown: string | undefined, listed: string | undefined, uncapped: string | undefined] {
  const { price } = config.generator
  const { maxTokens, maxCostUsd } = config.budget
  const instead = maxTokens === undefined ? 'budget.maxTokens (--max-tokens) caps tokens instead.' : `The run pauses at ${maxTokens} tokens.`
  return [
    price === undefined ? `The price is unknown: costs are not counted, and no budget in dollars can be held. ${instead}` : undefined,
    priceNote(config),
    price !== undefined && maxCostUsd === undefined ? 'No budget is set (budget.maxCostUsd or --max-cost).' : undefined,
  ]
}
