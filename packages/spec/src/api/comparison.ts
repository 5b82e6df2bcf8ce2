import * as z from 'zod'
import { countSchema, intervalSchema, usdSchema } from './figures.ts'
import { runReportSchema } from './runs.ts'

const comparedRunSchema = z.object({
  label: z.string().meta({ description: 'A, B, … in the order given.' }),
  name: z.string(),
  randomSeed: z.number(),
  report: runReportSchema,
  keptShare: intervalSchema.extend({ share: z.number() }).nullable(),
  spending: z.array(z.object({ calls: countSchema, costUsd: usdSchema, kept: countSchema })),
})

const differenceSchema = z.object({
  from: z.string(),
  to: z.string(),
  difference: z.number().meta({ description: 'Mean of `to` − mean of `from`.' }),
  interval: intervalSchema.meta({ description: '95 %, paired bootstrap (BCa) over items.' }),
  mcNemar: z.looseObject({}).nullable(),
  p: z.number(),
  adjustedP: z.number().meta({ description: 'Holm’s adjustment over the runs compared with the first.' }),
  higher: z.string().nullable().meta({ description: 'Which model scores higher; null where the interval includes 0 or the adjusted p is not below 0.05.' }),
  byGroup: z.array(intervalSchema.extend({ group: z.string(), items: countSchema, difference: z.number() })),
})

const evaluationSchema = z.object({
  evaluator: z.string(),
  isShare: z.boolean(),
  higherIsBetter: z.boolean(),
  items: countSchema,
  unscored: z.array(z.object({ label: z.string(), itemIds: z.array(z.string()) })),
  means: z.array(z.object({ label: z.string(), round: z.int(), mean: z.number() })),
  differences: z.array(differenceSchema),
  replicates: z
    .looseObject({
      from: z.array(z.string()),
      to: z.array(z.string()),
      fromRecipe: z.string(),
      toRecipe: z.string(),
      differences: z.array(z.number()),
      mean: z.number(),
      interval: intervalSchema,
      p: z.number(),
      overItemsToo: intervalSchema,
    })
    .nullable(),
})

/** Two runs side by side, as `sedi compare --json` prints them. Differences are B − A, on the same test items. */
export const comparisonSchema = z
  .object({
    runs: z.array(comparedRunSchema),
    configuration: z.array(z.object({ key: z.string(), values: z.array(z.unknown()) })),
    heldOut: z.object({ items: countSchema, groups: countSchema }).nullable(),
    evaluations: z.array(evaluationSchema),
    diversity: z
      .looseObject({
        size: countSchema,
        repetitions: countSchema,
        datasets: z.array(
          z.looseObject({ name: z.string(), rows: countSchema, metrics: z.record(z.string(), z.object({ mean: z.number(), sd: z.number() })) }),
        ),
      })
      .nullable(),
    notes: z.array(z.string()),
    quote: z.string().meta({ description: 'What may be quoted, as a whole.' }),
  })
  .meta({ id: 'Comparison' })

export type Comparison = z.output<typeof comparisonSchema>
