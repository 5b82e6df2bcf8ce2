import * as z from 'zod'
import { count, describe } from './key-meta.ts'

export const batchesSchema = z
  .strictObject({
    size: count('Examples per optimiser step.', { source: 'Alpaca: 128' }).default(128),
    composer: z
      .string()
      .default('round-robin')
      .meta(
        describe(
          'How kept instructions become batches. `random`; `round-robin` over clusters; by embeddings: `farthest` (least like those in the batch), `dpp` (most volume), `facility` (stands for the others).',
        ),
      ),
    variant: z
      .enum(['epoch-exact', 'uniform-cluster'])
      .default('epoch-exact')
      .meta(
        describe(
          'Round-robin only. `epoch-exact` uses every instruction once per epoch; `uniform-cluster` draws every cluster equally often, which re-weights rare ones.',
          { source: 'METHOD 2.5' },
        ),
      ),
    clusters: count('Clusters for round-robin. Default: the batch size.').optional(),
    conflictThreshold: z
      .number()
      .min(0)
      .max(1)
      .default(0.7)
      .meta(describe('Two instructions of a batch above this ROUGE-L F count as a conflict.', { source: 'Self-Instruct: 0.7 means “similar”' })),
    conflictLimit: z
      .boolean()
      .optional()
      .meta(
        describe(
          'Rearrange each epoch until no batch has a conflict, whatever the composer. Always succeeds when no instruction conflicts with as many others as there are full batches; otherwise the fewest found. Default: false.',
          { source: 'Hajnal and Szemerédi 1970' },
        ),
      ),
  })
  .meta(describe('How training batches are composed.'))
