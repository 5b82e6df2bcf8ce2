import * as z from 'zod'
import { countSchema } from './figures.ts'

const stepSchema = z.object({
  step: z.int(),
  round: z.int(),
  batch: countSchema.meta({ description: 'Instructions in its batch.' }),
  loss: z.number().nullable().meta({ description: 'Null while the batch is only composed.' }),
  gradNorm: z.number().nullable(),
  learningRate: z.number().nullable(),
  signal: z.number().nullable().meta({ description: 'What makes its batch attractive.' }),
  masked: countSchema.meta({ description: 'Instructions left out of the loss.' }),
  diversity: z.number().nullable(),
  conflicts: countSchema,
})

const windowSchema = z.object({
  from: z.int().meta({ description: 'Its first step.' }),
  to: z.int().meta({ description: 'Its last step.' }),
  attractiveBatches: z.array(z.int()).meta({ description: 'By their steps, the most attractive first.' }),
  picked: z.array(
    z.object({
      seedId: z.string(),
      fromInstruction: z.string(),
      batch: z.int().nullable().meta({ description: 'By its step.' }),
      signal: z.number().nullable(),
    }),
  ),
})

/** Training step by step, with the windows that feedback looked at. */
export const trainingSchema = z
  .object({
    of: countSchema.meta({ description: 'Steps there are.' }),
    thinned: z.boolean().meta({ description: 'Whether `steps` are a selection, evenly over the run; attractive batches are always among them.' }),
    trainer: z.string(),
    signal: z
      .object({ id: z.string(), measure: z.string() })
      .nullable()
      .meta({ description: 'What makes a batch attractive; null where the trainer tells nothing that could.' }),
    everySteps: z.int().meta({ description: 'Steps in a window.' }),
    feedback: z.boolean().meta({ description: 'Whether anything is picked from attractive batches.' }),
    steps: z.array(stepSchema),
    windows: z.array(windowSchema),
  })
  .meta({ id: 'Training' })

export type Training = z.output<typeof trainingSchema>
