import { join } from 'node:path'
import type { TrainingMetric } from '@sedi/spec'
import * as z from 'zod'
import { readIfPresent, writeFileAtomically } from '../storage.ts'
import type { ToldLoss } from './read-results.ts'

/** Steps of a job that the service has told, by their number within the job, counted from 1. What was told first stays. */
export type ToldSteps = {
  readonly losses: ReadonlyMap<number, number>
  /** Every step up to here is known. */
  readonly contiguous: number
  /** Takes over new ones, durably. */
  add(told: readonly ToldLoss[]): void
  /** In step order: all, or those up to the first gap. */
  metrics(firstStep: number, which: 'all' | 'contiguous'): TrainingMetric[]
}

const lineSchema = z.object({ step: z.int(), loss: z.number() })

/** @param attempt which attempt at the job, counted from 1 */
export function openToldSteps(folder: string, attempt: number): ToldSteps {
  const path = join(folder, `steps-${attempt}.jsonl`)
  const lines = (readIfPresent(path)?.toString('utf8') ?? '').split('\n').slice(0, -1)
  const losses = new Map(lines.map((line) => lineSchema.parse(JSON.parse(line))).map(({ step, loss }) => [step, loss]))
  let contiguous = 0
  const advance = (): void => {
    while (losses.has(contiguous + 1)) contiguous++
  }
  advance()
  return {
    losses,
    get contiguous() {
      return contiguous
    },
    add(told) {
      const fresh = told.filter(({ step }) => !losses.has(step))
      if (fresh.length === 0) return
      for (const { step, loss } of fresh) if (!losses.has(step)) losses.set(step, loss)
      advance()
      writeFileAtomically(path, [...losses].map(([step, loss]) => `${JSON.stringify({ step, loss })}\n`).join(''))
    },
    metrics(firstStep, which) {
      const steps = [...losses.keys()].sort((a, b) => a - b).filter((step) => which === 'all' || step <= contiguous)
      return steps.map((step) => ({ step: firstStep + step - 1, exampleIds: [], loss: losses.get(step)! }))
    },
  }
}

export type Gathered = {
  /** Usable, each step once, the first telling of it. */
  readonly usable: readonly ToldLoss[]
  /** The first step whose loss is not a number. */
  readonly nanAt: number | undefined
  readonly warnings: readonly string[]
}

/**
 * Puts together what events and result files tell, in that order of trust. Nothing is filled in: what is missing, told twice, told differently or
 * told of a step the job does not have is counted and said.
 *
 * @param steps batches of ours: later steps have none
 */
export function gather(events: readonly ToldLoss[], results: readonly ToldLoss[], steps: number): Gathered {
  const known = new Map<number, number>()
  const [repeated, differing, outside] = [new Set<number>(), new Set<number>(), new Set<number>()]
  let nanAt: number | undefined
  for (const source of [events, results]) {
    const here = new Map<number, number>()
    for (const { step, loss } of source) {
      if (!Number.isInteger(step) || step < 1 || step > steps) {
        outside.add(step)
        continue
      }
      if (!Number.isFinite(loss)) {
        nanAt = Math.min(step, nanAt ?? step)
        continue
      }
      if (here.has(step)) {
        repeated.add(step)
        continue
      }
      here.set(step, loss)
      const first = known.get(step)
      if (first === undefined) known.set(step, loss)
      // Some round events more than files.
      else if (Math.abs(first - loss) > 1e-3 * Math.max(1, Math.abs(first))) differing.add(step)
    }
  }
  const usable = [...known].map(([step, loss]) => ({ step, loss })).filter(({ step }) => nanAt === undefined || step < nanAt)
  const warnings = [
    ...said(outside, 'were told that none of our batches has', 'was told that none of our batches has'),
    ...said(repeated, 'were told more than once; the first figures stay', 'was told more than once; the first figure stays'),
    ...said(differing, 'were told with different losses; the first figures stay', 'was told with different losses; the first figure stays'),
  ]
  return { usable, nanAt, warnings }
}

/** `steps 3, 5 and 7 more were not told`; nothing when there are none. */
export function said(steps: ReadonlySet<number>, many: string, one: string): string[] {
  const shown = [...steps].sort((a, b) => a - b).slice(0, 10)
  if (shown.length === 0) return []
  const more = steps.size - shown.length
  return [`${steps.size === 1 ? 'step' : 'steps'} ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''} ${steps.size === 1 ? one : many}`]
}
