import type { MetricRow } from './service.ts'

/** What the service tells of a step, by its number within the job. */
export type StepFigures = {
  readonly step: number
  readonly loss: number
  readonly gradNorm?: number | undefined
  readonly learningRate?: number | undefined
}

export type MetricsReading = {
  /** By step; every step once, with its first figures. Ends before a loss that is not a number. */
  readonly steps: ReadonlyMap<number, StepFigures>
  /** The first step whose loss is not a number. */
  readonly badStep: number | undefined
  /** Steps told again with other figures. */
  readonly contradicted: readonly number[]
  /** Rows about training whose step is missing, or outside 1 to the job's last. */
  readonly misplaced: number
}

/**
 * The rows about training, in whatever order and however often they come; rows about evaluation are left out. Nothing is made up: a step
 * without a row is absent, and so is a norm that is not a number. Cost: linear.
 */
export function readMetrics(rows: readonly MetricRow[], lastStep: number): MetricsReading {
  const steps = new Map<number, StepFigures>()
  const bad = new Set<number>()
  const contradicted = new Set<number>()
  let misplaced = 0
  for (const row of rows) {
    if (!('train/loss' in row)) continue
    const step = row['train/global_step']
    if (typeof step !== 'number' || !Number.isInteger(step) || step < 1 || step > lastStep) {
      misplaced += 1
      continue
    }
    const loss = finite(row['train/loss'])
    if (loss === undefined) {
      bad.add(step)
      continue
    }
    const figures = { step, loss, ...optional('gradNorm', row['train/grad_norm']), ...optional('learningRate', row['train/learning_rate']) }
    const first = steps.get(step)
    if (first === undefined) steps.set(step, figures)
    else if (!isSame(first, figures)) contradicted.add(step)
  }
  const badStep = bad.size === 0 ? undefined : Math.min(...bad)
  if (badStep !== undefined) for (const step of steps.keys()) if (step >= badStep) steps.delete(step)
  return { steps, badStep, contradicted: [...contradicted].sort((a, b) => a - b), misplaced }
}

export const isSame = (a: StepFigures, b: StepFigures): boolean => a.loss === b.loss && a.gradNorm === b.gradNorm

const finite = (value: unknown): number | undefined => (typeof value === 'number' && Number.isFinite(value) ? value : undefined)

function optional<Key extends string>(key: Key, value: unknown): { readonly [K in Key]?: number } {
  const number = finite(value)
  return number === undefined ? {} : ({ [key]: number } as { [K in Key]: number })
}
