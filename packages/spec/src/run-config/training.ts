import * as z from 'zod'
import { count, describe } from './key-meta.ts'

export const trainingSchema = z
  .strictObject({
    epochsPerRound: z.number().positive().optional().meta(describe('Passes over the whole kept pool in each round. Default 1 unless stepsPerRound is set.')),
    stepsPerRound: count('Optimiser steps in each round, instead of epochs.').optional(),
    learningRate: z
      .number()
      .positive()
      .default(2e-5)
      .meta(describe('Peak learning rate, constant after warm-up so that signals of different steps compare.', { source: 'Alpaca: 2e-5' })),
    warmupSteps: z.int().min(0).default(0).meta(describe('Steps of linear warm-up, counted over the whole run.')),
    maxGradNorm: z.number().positive().default(1).meta(describe('Gradients are clipped to this L2 norm; the signal is the norm before clipping.')),
    weightDecay: z
      .number()
      .min(0)
      .default(0)
      .meta(describe('Decoupled weight decay.', { source: 'Alpaca: 0' })),
    maxLength: count('Longest example; longer ones are truncated and counted.', { unit: 'tokens', source: 'Alpaca: 512' }).default(512),
    mask: z
      .enum(['none', 'gap', 'trim', 'auto'])
      .default('none')
      .meta(
        describe(
          'Which suspected label errors are left out of the loss. `gap`: instructions to which the student firmly prefers another answer. `trim`: those with the highest losses of each batch. `auto`: `gap` where the trainer can, `none` elsewhere; the plan says which.',
          { source: 'FEEDBACK 6.1' },
        ),
      ),
    maskThreshold: z
      .number()
      .positive()
      .default(1.5)
      .meta(
        describe('`gap`: how firmly, as mean log-probability of the best token minus that of the answer’s.', {
          unit: 'nats per token',
          source: 'FEEDBACK 6.1',
        }),
      ),
    maskShare: z
      .number()
      .gt(0)
      .lt(1)
      .default(0.1)
      .meta(describe('`trim`: share of a batch that is left out, rounded down to whole rows.', { source: 'FEEDBACK 6.1' })),
    maskClusterShare: z
      .number()
      .gt(0)
      .max(1)
      .default(1)
      .meta(
        describe(
          '`gap`: a cluster of which more than this share had a gap above the threshold when last trained on is not masked at all in the next round: there the student is likelier to be wrong than the answers. 1: no limit.',
          { source: 'FEEDBACK 7; docs/reproduction/doubts' },
        ),
      ),
    maskWarmShare: z
      .number()
      .min(0)
      .max(1)
      .default(0.15)
      .meta(describe('Share of the run’s rounds trained before the mask begins; a fraction of a round counts in steps.', { source: 'FEEDBACK 6.1' })),
  })
  .refine((training) => training.epochsPerRound === undefined || training.stepsPerRound === undefined, 'expected epochsPerRound or stepsPerRound, not both')
  .meta(describe('How the student is trained.'))
