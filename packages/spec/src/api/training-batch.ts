import * as z from 'zod'
import { countSchema } from './figures.ts'

const batchRowSchema = z.object({
  id: z.string(),
  text: z.string().meta({ description: 'The first 240 characters of its instruction.' }),
  round: z.int().meta({ description: 'In which it was written; 0 for an example that is no instruction of the run.' }),
  cluster: z.int().nullable().meta({ description: 'In the clustering of the batch’s round.' }),
  loss: z.number().nullable().meta({ description: 'Its own.' }),
  gap: z.number().nullable(),
  masked: z.boolean().nullable().meta({ description: 'Whether it was left out of the loss; null where there is no mask or nothing was told yet.' }),
  becameSeed: z.boolean().meta({ description: 'Whether it was picked from this batch.' }),
})

/** One batch: how it was composed, what training on it told, and its instructions. */
export const trainingBatchSchema = z
  .object({
    step: z.int(),
    round: z.int(),
    epoch: z.int(),
    composer: z.string(),
    diversity: z.number().nullable(),
    conflicts: countSchema,
    loss: z.number().nullable(),
    gradNorm: z.number().nullable(),
    learningRate: z.number().nullable(),
    rows: z.array(batchRowSchema),
  })
  .meta({ id: 'TrainingBatch' })

export type TrainingBatch = z.output<typeof trainingBatchSchema>
