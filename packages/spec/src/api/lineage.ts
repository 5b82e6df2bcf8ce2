import * as z from 'zod'
import { countSchema } from './figures.ts'

const seedSchema = z.object({
  seedId: z.string(),
  origin: z.enum(['human', 'machine']),
  text: z.string(),
  addedRound: z.int(),
  evictedRound: z.int().nullable(),
  fromInstruction: z.string().nullable().meta({ description: 'The kept instruction that was promoted; null for human seeds.' }),
  batch: z.int().nullable().meta({ description: 'The attractive batch it was picked from, by its step.' }),
  signalName: z.string().nullable(),
  signal: z.number().nullable(),
  reason: z.string(),
  evictedBecause: z.string().nullable(),
  parents: z.array(z.string()).meta({ description: 'The seeds shown in the prompt it was written from.' }),
  heirs: countSchema.meta({ description: 'How many of its children became seeds.' }),
  offspring: z.object({ kept: countSchema, rejected: countSchema, meanGradNorm: z.number().nullable() }),
})

/** Seeds and who came from whom. An edge leads from a seed shown in a prompt to a seed that was written there. */
export const lineageSchema = z
  .object({
    focus: z.string().nullable(),
    seeds: z.array(seedSchema).meta({ description: 'In the order in which they joined.' }),
    edges: z.array(z.object({ from: z.string(), to: z.string() })),
    of: countSchema.meta({ description: 'Seeds the run ever had.' }),
    more: z.boolean().meta({ description: 'Whether there are more than are listed.' }),
  })
  .meta({ id: 'Lineage' })

export type Lineage = z.output<typeof lineageSchema>
