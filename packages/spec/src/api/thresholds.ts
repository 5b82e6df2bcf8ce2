import * as z from 'zod'
import { countSchema, usdSchema, workSchema } from './figures.ts'

const thresholdSchema = z.object({
  threshold: z.number(),
  kept: countSchema,
  rejected: countSchema.meta({ description: 'By the similarity filter alone.' }),
  rejectedShare: z.number().nullable().meta({ description: '1 − kept / everything written.' }),
  costUsd: usdSchema,
  costPerKeptUsd: usdSchema,
  distinct2: z.number().nullable().meta({ description: 'Different word pairs / word pairs, over equally many texts at every threshold; null below 20 kept.' }),
})

/** What the run’s filter would have kept of the same answers at other thresholds: exact replays, each with a pool of its own. */
export const thresholdsSchema = z
  .object({
    ...workSchema,
    thresholds: z
      .array(thresholdSchema)
      .meta({ description: 'Ascending. While computing: what is known already, of the first texts only (`sampled`), or nothing.' }),
    recorded: z.object({ threshold: z.number(), kept: countSchema }).nullable().meta({ description: 'What the run itself did with the same texts.' }),
    raw: countSchema.meta({ description: 'Everything written that these figures are of.' }),
    sampled: z.int().nullable().meta({ description: 'The replay is of the first so many texts only, and every figure is of those; null when it is of all.' }),
    distinctOf: z.int().nullable().meta({ description: 'How many texts `distinct2` is over.' }),
    problem: z.string().nullable().meta({ description: 'Why there is nothing, when it could not be replayed.' }),
  })
  .meta({ id: 'Thresholds' })

export type Thresholds = z.output<typeof thresholdsSchema>
