import { type CostEstimate, estimateCost } from '@sedi/pipeline'
import type { RunConfig } from '@sedi/spec'
import { trainers } from '@sedi/trainers'
import { loadHeldOut, loadSeeds } from './inputs/load-tasks.ts'

/** What a run would do and cost; made without sending anything or creating a folder. */
export type RunPlan = {
  readonly estimate: CostEstimate
  readonly seeds: number
  readonly testItems: number
  /** What the user should know before starting: what is off, advisory or unknown, and what is used instead. */
  readonly notes: readonly string[]
}

export async function planRun(config: RunConfig): Promise<RunPlan> {
  const seeds = await loadSeeds(config.seeds)
  const heldOut = config.evaluation.heldOut === undefined ? [] : await loadHeldOut(config.evaluation.heldOut)
  return { estimate: estimateCost(config, seeds), seeds: seeds.length, testItems: heldOut.length, notes: notesOf(config) }
}

/** Said in plan, status and report, so that nothing degrades silently. */
export function notesOf(config: RunConfig): string[] {
  const notes: string[] = []
  const trainer = config.trainer.id === 'none' ? undefined : trainers[config.trainer.id as keyof typeof trainers]
  if (trainer === undefined) notes.push('No trainer: batches are not trained and feedback is off; the seeds stay as they are.')
  else if (!trainer.capabilities.fixedBatches) notes.push(`The trainer “${trainer.id}” cannot keep our batches: they are advisory.`)
  if (trainer !== undefined && config.seedPolicy.rule === 'attractive') {
    if (!config.feedback.verify) notes.push('Promoted seeds are not verified (feedback.verify is off).')
    else if (config.verifier === undefined) notes.push('Nobody knows the right answers here: promoted seeds are checked for schema, length and refusals only.')
    else notes.push(`Promoted seeds are checked by the oracle “${config.verifier.id}”. A real run has no such oracle.`)
  }
  if (config.generator.price === undefined) notes.push('The price is unknown: costs are not counted, and no budget can be held.')
  if (config.generator.price !== undefined && config.budget.maxCostUsd === undefined) notes.push('No budget is set (budget.maxCostUsd or --max-cost).')
  return notes
}
