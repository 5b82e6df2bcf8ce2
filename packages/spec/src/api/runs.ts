import * as z from 'zod'
import { countSchema, intervalSchema, rejectedSchema, usdSchema } from './figures.ts'

const evaluationSchema = z.object({
  evaluator: z.string(),
  round: z.int(),
  items: countSchema,
  mean: z.number(),
  interval: intervalSchema.nullable(),
  byGroup: z.record(z.string(), z.number()),
})

/** A run in numbers, as `sedi report --json` prints it. */
export const runReportSchema = z.looseObject({
  run: z.string(),
  recipe: z.string(),
  state: z.string(),
  reason: z.string(),
  rounds: z.object({ done: countSchema, planned: countSchema }),
  calls: countSchema,
  surplusCalls: z.int(),
  raw: countSchema,
  kept: countSchema,
  rejected: rejectedSchema,
  costUsd: usdSchema,
  projectedUsd: usdSchema,
  uncertainUsd: z.number(),
  costPerKeptUsd: usdSchema,
  steps: countSchema,
  maskedShare: z.number().nullable().meta({ description: 'Of the rows trained on, those that the mask left out of the loss.' }),
  epochs: z.number().nullable().meta({ description: 'Passes over the pool; null while a round is being composed.' }),
  batchDiversity: z.number().nullable(),
  conflictsPerBatch: z.number().nullable(),
  seedsPromoted: countSchema,
  seedsEvicted: countSchema,
  evaluations: z.array(evaluationSchema),
  warnings: z.array(z.string()),
  digest: z.string(),
})

export type RunReportAnswer = z.output<typeof runReportSchema>

export const runSummarySchema = z
  .looseObject({
    runId: z.string(),
    recipe: z.string(),
    state: z.string(),
    reason: z.string(),
    createdAt: z.number(),
    totals: z.looseObject({
      calls: countSchema,
      raw: countSchema,
      kept: countSchema,
      rejected: rejectedSchema,
      settledNanoUsd: z.number(),
      unpricedCalls: countSchema,
      steps: countSchema,
    }),
  })
  .meta({ id: 'RunSummary', description: 'A run of the list. `state` is also `starting`, `interrupted` (its process ended without a word) or `unreadable`.' })

export const runListSchema = z.object({ runs: z.array(runSummarySchema) })

export const runDetailSchema = runReportSchema
  .extend({
    state: z.string().meta({ description: 'created, starting, running, paused, done, cancelled, failed or interrupted.' }),
    held: z.boolean().meta({ description: 'Whether a process writes it now.' }),
    config: z.looseObject({}),
    notes: z.array(z.string()).meta({ description: 'What is off, advisory or unknown in it.' }),
    failure: z.object({ code: z.string(), message: z.string() }).nullable().meta({ description: 'Why its last process could not begin; null when it could.' }),
  })
  .meta({ id: 'RunDetail' })

export type RunSummaryAnswer = z.output<typeof runSummarySchema>
export type RunList = z.output<typeof runListSchema>
export type RunDetail = z.output<typeof runDetailSchema>
