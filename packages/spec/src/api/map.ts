import * as z from 'zod'
import { countSchema, verdictSchema, workSchema } from './figures.ts'

/** Texts in a plane: near each other when their words are. */
export const mapSchema = z
  .object({
    ...workSchema,
    method: z.string().meta({ description: 'How places and clusters were found, in words.' }),
    of: countSchema.meta({ description: 'How many there are to draw from.' }),
    sampled: z.boolean().meta({ description: 'Whether the points are a sample, evenly over the run.' }),
    clusters: z.array(
      z.object({ cluster: z.int(), size: countSchema, words: z.array(z.string()).meta({ description: 'What its texts have more often than others.' }) }),
    ),
    points: z.array(
      z.object({
        id: z.string(),
        x: z.number().meta({ description: '−1 to 1.' }),
        y: z.number(),
        cluster: z.int(),
        round: z.int(),
        verdict: verdictSchema,
        text: z.string().meta({ description: 'Its first 120 characters.' }),
      }),
    ),
    problem: z.string().nullable().meta({ description: 'Why there is nothing, when it could not be drawn.' }),
  })
  .meta({ id: 'DiversityMap' })

export type DiversityMap = z.output<typeof mapSchema>
