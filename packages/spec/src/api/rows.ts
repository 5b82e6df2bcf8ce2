import * as z from 'zod'
import { countSchema, reasonSchema, usdSchema, verdictSchema } from './figures.ts'

/** An instruction as a line of a list. */
export const rowSchema = z
  .object({
    seq: z.int(),
    id: z.string(),
    round: z.int(),
    instruction: z.string().meta({ description: 'Its first 240 characters.' }),
    cut: z.boolean().meta({ description: 'Whether there is more of it.' }),
    detail: z.string().meta({ description: 'Why it was rejected, or the broken text: the first 240 characters.' }),
    verdict: verdictSchema,
    reason: reasonSchema.nullable(),
    score: z.number().nullable().meta({ description: 'How much it resembles the nearest earlier text: ROUGE-L F, or the cosine for `similar-meaning`.' }),
    nearestId: z.string().nullable(),
    costUsd: usdSchema,
  })
  .meta({ id: 'Row' })

export type Row = z.output<typeof rowSchema>

/** Instructions by their place among those asked for, in run order: what a list needs that is scrolled to anywhere. */
export const rowsSchema = z
  .object({
    total: countSchema.meta({ description: 'How many there are; while `complete` is false, how many are known so far.' }),
    offset: countSchema,
    items: z.array(rowSchema),
    complete: z.boolean().meta({ description: 'False while there are more to count or to read: ask again in a moment.' }),
  })
  .meta({ id: 'Rows' })

export type Rows = z.output<typeof rowsSchema>
