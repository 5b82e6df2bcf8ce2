import * as z from 'zod'
import { trainerBaseSchema } from './adapters.ts'
import { count, describe } from './key-meta.ts'

export const feedbackSchema = z
  .strictObject({
    signal: z
      .string()
      .default('auto')
      .meta(
        describe(
          'What makes a batch attractive; higher is more so. `auto`: the strongest that the trainer gives, in this order: `batch-grad-norm`, `loss-drop`, then `ifd` where there is a scorer. `probe-progress`: how far the round lowered the loss on probe instructions in the clusters of the batch. Which one was used is in the report and with every promotion.',
          { source: 'batch-grad-norm: SeDi-Instruct' },
        ),
      ),
    scorer: trainerBaseSchema.optional(),
    poolProbes: count(
      '`probe-progress`: instructions of the pool in the probe set, beside all human seeds. Each costs a forward pass in every round. Default: 64.',
    ).optional(),
    everySteps: count('Length of a feedback window; windows close at every multiple of it.', { unit: 'optimiser steps', source: 'SeDi-Instruct: 10' }).default(
      10,
    ),
    topBatches: count('Attractive batches per window.').default(1),
    picksPerBatch: count('Instructions promoted from each attractive batch, at most one per cluster.').default(2),
    pick: z
      .string()
      .default('random')
      .meta(
        describe('Which instructions of an attractive batch are promoted. `hardest`: highest loss; in pilots it promoted mostly wrong answers.', {
          source: 'METHOD 2.3, 4.6',
        }),
      ),
    verify: z
      .boolean()
      .default(true)
      .meta(
        describe(
          'Check an instruction before it becomes a seed: schema, length, refusals, nothing that a check has flagged, and the verifier where there is one.',
        ),
      ),
    adjust: z
      .boolean()
      .default(false)
      .meta(
        describe('Compare signals as z-scores inside the window with the effect of the batch’s length removed, instead of as they are.', {
          source: 'METHOD 2.4',
        }),
      ),
  })
  .meta(describe('How training chooses the next seeds.'))

export const seedPolicySchema = z
  .strictObject({
    rule: z
      .string()
      .default('attractive')
      .meta(
        describe(
          '`fixed`: the human seeds, always. `attractive`: instructions of attractive batches replace seeds whose children’s batches were least attractive. `random`: as many, by lot; a control. `coverage`: the unprotected seeds are drawn anew each round, rare kinds as often as common ones. `bandit`: drawn anew each round from the clusters whose seeds had children that the student went on to learn from.',
        ),
      ),
    trustGap: z
      .number()
      .positive()
      .default(1.5)
      .meta(
        describe('`coverage`, `bandit`: an instruction on which the student first preferred another answer more firmly than this does not become a seed.', {
          unit: 'nats per token',
          source: 'FEEDBACK 6.3',
        }),
      ),
    protectHuman: z.number().min(0).max(1).default(0.5).meta(describe('Share of the seed set that stays human.')),
    protectRounds: z.int().min(0).default(2).meta(describe('Rounds for which a seed without evaluated children cannot be evicted.')),
  })
  .meta(describe('Which seeds leave and stay.'))
