import type { TrainerCapabilities, TrainingMetric } from '@sedi/spec'
import * as z from 'zod'
import type { JobFiles } from '../python-job/job-files.ts'
import { readIfPresent } from '../storage.ts'

/** The part of `job.json` that its steps are held against. */
export type Planned = { readonly firstStep: number; readonly steps: number; readonly masked: boolean; readonly errors: boolean }

export type StepLog = {
  /** In step order, each step once; up to the first gap where batches are fixed. */
  readonly metrics: readonly TrainingMetric[]
  /** The lines up to the first one that cannot be used, each with its end. */
  readonly usable: string
  /** Why the job's steps cannot be trusted from some line on. */
  readonly problem?: string | undefined
  /** Steps that are missing before a later one; they may still come. */
  readonly missing: readonly number[]
  readonly warnings: readonly string[]
}

const lineSchema = z.looseObject({
  step: z.int(),
  loss: z.number(),
  exampleIds: z.array(z.string()).optional(),
  gradNorm: z.number().optional(),
  learningRate: z.number().optional(),
  targetTokens: z.int().optional(),
  exampleLosses: z.array(z.number()).optional(),
  exampleGaps: z.array(z.number()).optional(),
  exampleErrors: z.array(z.number()).optional(),
  masked: z.array(z.boolean()).optional(),
})
type Line = z.output<typeof lineSchema>

/**
 * Reads `steps.jsonl` of a program that nobody vouches for. A line that is still being written is left out; a step told twice counts once, by
 * its first line; what the back end does not declare is not passed on; what it declares and does not give is a problem.
 */
export function readStepLog(files: JobFiles, planned: Planned, capabilities: TrainerCapabilities): StepLog {
  const lines = (readIfPresent(files.steps)?.toString('utf8') ?? '').split('\n').slice(0, -1)
  const byStep = new Map<number, Line>()
  const warnings = new Set<string>()
  let usable = ''
  let problem: string | undefined
  for (const [i, text] of lines.entries()) {
    const read = readLine(text, planned, capabilities)
    if (typeof read === 'string') {
      problem = `steps.jsonl, line ${i + 1}: ${read}`
      break
    }
    usable += `${text}\n`
    const before = byStep.get(read.step)
    if (before === undefined) byStep.set(read.step, read)
    else if (before.loss !== read.loss || String(before.exampleIds) !== String(read.exampleIds)) {
      warnings.add(`step ${read.step} was told twice, with loss ${before.loss} and ${read.loss}; the first figures stay`)
    }
  }
  const told = [...byStep.keys()].sort((a, b) => a - b)
  const missing = capabilities.fixedBatches ? missingSteps(told, planned.firstStep) : []
  const before = missing[0] ?? Number.POSITIVE_INFINITY
  const metrics = told.filter((step) => step < before).map((step) => metricOf(byStep.get(step)!, capabilities, planned))
  return { metrics, usable, problem, missing, warnings: [...warnings] }
}

/** The line, or what is wrong with it. */
function readLine(text: string, { firstStep, steps, masked, errors }: Planned, capabilities: TrainerCapabilities): Line | string {
  // What Python's json writes for numbers that JSON does not have.
  const unreal = /"step"\s*:\s*(\d+)/.exec(text)
  if (/[:[,]\s*(-?Infinity|NaN)\b/.test(text.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""'))) {
    return `step ${unreal?.[1] ?? '?'} has a loss or norm that is not a number (nan-loss). Lower training.learningRate, or look at that batch.`
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return `expected JSON, got ${JSON.stringify(text.slice(0, 80))}`
  }
  const parsed = lineSchema.safeParse(value)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    if (issue?.path[0] === 'loss' && (value as { loss?: unknown }).loss === null) return `step ${unreal?.[1] ?? '?'} has no loss (nan-loss)`
    return `${issue?.path.join('.') || 'the line'}: ${issue?.message}`
  }
  const line = parsed.data
  const last = firstStep + steps - 1
  if (capabilities.fixedBatches && (line.step < firstStep || line.step > last)) return `step ${line.step} is none of this job’s ${firstStep} to ${last}`
  const rows = [
    ['exampleLosses', capabilities.perExampleLoss, 'perExampleLoss'],
    ['exampleGaps', capabilities.perExampleGap, 'perExampleGap'],
    ['exampleErrors', errors, 'perExampleError'],
    ['masked', masked, 'masks'],
  ] as const
  const lacks = (
    [['exampleIds', capabilities.fixedBatches, 'fixedBatches'], ['gradNorm', capabilities.perStepGradNorm, 'perStepGradNorm'], ...rows] as const
  ).find(([key, declared]) => declared && line[key] === undefined)
  if (lacks !== undefined) return `step ${line.step} has no ${lacks[0]}, which trainer.capabilities.${lacks[2]} promises`
  const uneven = rows.find(([key, declared]) => declared && line[key]?.length !== line.exampleIds?.length)
  if (uneven !== undefined) return `step ${line.step} has ${line[uneven[0]]?.length} ${uneven[0]} for ${line.exampleIds?.length} exampleIds`
  return line
}

function missingSteps(told: readonly number[], firstStep: number): number[] {
  const known = new Set(told)
  const last = told.at(-1) ?? firstStep - 1
  return Array.from({ length: last - firstStep + 1 }, (_, i) => firstStep + i).filter((step) => !known.has(step))
}

function metricOf(
  line: Line,
  { fixedBatches, perStepGradNorm, perExampleLoss, perExampleGap }: TrainerCapabilities,
  { masked, errors }: Planned,
): TrainingMetric {
  const { step, loss, exampleIds, gradNorm, learningRate, targetTokens, exampleLosses, exampleGaps, exampleErrors } = line
  return {
    step,
    exampleIds: fixedBatches ? (exampleIds ?? []) : [],
    loss,
    ...(perStepGradNorm ? { gradNorm } : {}),
    ...(learningRate === undefined ? {} : { learningRate }),
    ...(targetTokens === undefined ? {} : { targetTokens }),
    ...(perExampleLoss ? { exampleLosses } : {}),
    ...(perExampleGap ? { exampleGaps } : {}),
    ...(errors ? { exampleErrors } : {}),
    ...(masked ? { masked: line.masked } : {}),
  }
}
