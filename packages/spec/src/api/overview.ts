import * as z from 'zod'
import { countSchema, rejectedSchema, usdSchema } from './figures.ts'

const roundSchema = z.object({
  round: z.int(),
  /** Answers, follow-ups left out. */
  calls: countSchema,
  raw: countSchema,
  kept: countSchema,
  rejected: rejectedSchema,
  costUsd: usdSchema,
  steps: countSchema,
  seedsAdded: countSchema,
  seedsEvicted: countSchema,
})

const progressSchema = z.object({
  at: z.number().meta({ description: 'Milliseconds since the epoch.' }),
  calls: countSchema,
  raw: countSchema,
  kept: countSchema,
  costUsd: usdSchema,
})

const shadowSchema = z.object({
  threshold: z.number(),
  kept: countSchema,
  costPerKeptUsd: usdSchema,
  sameFilter: z.boolean().meta({ description: 'The run’s own filter decides as this one does.' }),
  asOfRaw: countSchema.meta({ description: 'How many texts had been written when it was replayed; `kept` is of those.' }),
  keptThen: countSchema.meta({ description: 'What the run itself had kept of them.' }),
})

const evaluationSchema = z.object({
  round: z.int().meta({ description: '0: the base model.' }),
  evaluator: z.string(),
  mean: z.number(),
  low: z.number().nullable().meta({ description: '95 %, over test items; null for scores other than 0 and 1.' }),
  high: z.number().nullable(),
  items: countSchema,
})

/** A run at a glance: yield, dollars, the shadow baseline beside it, time left. */
export const overviewSchema = z
  .object({
    run: z.string(),
    state: z.string().meta({ description: 'created, starting, running, paused, done, cancelled, failed or interrupted.' }),
    reason: z.string(),
    held: z.boolean().meta({ description: 'Whether a process writes it now.' }),
    recipe: z.string(),
    target: z.object({ calls: z.int().optional(), kept: z.int().optional(), costUsd: z.number().optional() }),
    budgetUsd: usdSchema.meta({ description: 'What it may cost; null without a budget.' }),
    createdAt: z.number(),
    roundsDone: countSchema,
    roundsPlanned: countSchema,
    calls: countSchema,
    raw: countSchema,
    kept: countSchema,
    rejected: rejectedSchema,
    costUsd: usdSchema,
    uncertainUsd: z.number().meta({ description: 'The most that attempts without a recorded answer may have cost on top.' }),
    projectedUsd: usdSchema.meta({ description: 'What the run will have cost at its end if it goes on like this.' }),
    costPerKeptUsd: usdSchema,
    steps: countSchema,
    rounds: z.array(roundSchema),
    progress: z.array(progressSchema).max(201).meta({ description: 'In order of time, evenly over the answers; the last point is now.' }),
    shadow: shadowSchema.nullable().meta({ description: 'The run’s own candidates under Self-Instruct’s filter; a replay of the same answers.' }),
    shadowState: z.enum(['ready', 'computing', 'off']).meta({ description: '`off`: nothing has been written yet.' }),
    evals: z.array(evaluationSchema),
    ratePerMinute: z.number().nullable().meta({ description: 'Texts written a minute, of late; null when the run does not go on.' }),
    timeLeftMs: z.number().nullable().meta({ description: 'For the rest of the calls, at the rate of late; null when nobody can know.' }),
    notes: z.array(z.string()),
    complete: z
      .boolean()
      .meta({ description: 'False while `rounds` and `progress` are still being counted: ask again in a moment. Totals are right all the same.' }),
  })
  .meta({ id: 'Overview' })

export type Overview = z.output<typeof overviewSchema>
