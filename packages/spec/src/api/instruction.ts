import * as z from 'zod'
import { countSchema, reasonSchema, usdSchema, verdictSchema } from './figures.ts'

const rangeSchema = z
  .tuple([z.int().min(0), z.int().min(0)])
  .meta({ description: 'From and to, in UTF-16 code units; `to` is the first that is not part of it.' })

const nearestSchema = z.object({
  id: z.string(),
  is: z.enum(['instruction', 'seed', 'existing']).meta({ description: '`existing`: a text of `filter.against`, there before the run.' }),
  text: z.string(),
  verdict: verdictSchema.nullable().meta({ description: 'Of an instruction.' }),
  round: z.int().nullable().meta({ description: 'Null for an existing text.' }),
})

const trainedSchema = z.object({
  step: z.int(),
  round: z.int(),
  rows: countSchema.meta({ description: 'Instructions in the batch.' }),
  batchLoss: z.number().nullable(),
  gradNorm: z.number().nullable(),
  loss: z.number().nullable().meta({ description: 'Its own.' }),
  gap: z.number().nullable(),
  error: z.number().nullable(),
  masked: z.boolean().nullable().meta({ description: 'Whether it was left out of the loss; null where there is no mask or nothing was told yet.' }),
})

const seedSchema = z.object({
  addedRound: z.int(),
  evictedRound: z.int().nullable(),
  step: z.int().nullable().meta({ description: 'The attractive batch it was picked from.' }),
  signal: z.string().nullable(),
  score: z.number().nullable(),
  reason: z.string(),
})

/** Everything beside one instruction: why it is kept or not, what it resembles and in which words, where it came from and what became of it. */
export const instructionSchema = z
  .object({
    id: z.string(),
    seq: z.int(),
    round: z.int(),
    instruction: z.string(),
    input: z.string(),
    output: z.string(),
    verdict: verdictSchema,
    reason: reasonSchema.nullable(),
    detail: z.string().meta({ description: 'What exactly: the rule that failed, or the broken text.' }),
    flags: z.array(z.object({ check: z.string(), detail: z.string() })),
    score: z.number().nullable(),
    measure: z.enum(['rouge-l', 'cosine']).nullable().meta({ description: 'What `score` is.' }),
    threshold: z.number().nullable().meta({ description: 'Above it a text is rejected; null where the run has no such filter.' }),
    nearest: nearestSchema.nullable(),
    commonWords: z
      .object({ own: z.array(rangeSchema), nearest: z.array(rangeSchema) })
      .nullable()
      .meta({ description: 'The longest common subsequence of words with the nearest text, as the run’s filter reads words; null without one.' }),
    parents: z.array(z.object({ seedId: z.string(), origin: z.enum(['human', 'machine']), text: z.string() })),
    costUsd: usdSchema.meta({ description: 'Its share of the call’s price, and the whole of what was asked about it later.' }),
    call: z.object({
      callId: z.string(),
      provider: z.string(),
      modelId: z.string(),
      items: countSchema.meta({ description: 'What was read from that answer.' }),
      costUsd: usdSchema,
      at: z.number(),
    }),
    followUps: z.array(z.object({ callId: z.string(), stage: z.string(), costUsd: usdSchema })),
    trainedIn: z.array(trainedSchema).meta({ description: 'The latest 200 batches it was in, by step.' }),
    trainedTimes: countSchema,
    maskedSteps: z.array(z.int()),
    seed: z.array(seedSchema).meta({ description: 'Each time it became a seed.' }),
  })
  .meta({ id: 'InstructionDetail' })

export type InstructionDetail = z.output<typeof instructionSchema>
