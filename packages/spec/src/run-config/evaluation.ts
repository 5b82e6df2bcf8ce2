import * as z from 'zod'
import { describe } from './key-meta.ts'

export const evaluationSchema = z
  .strictObject({
    evaluators: z.array(z.string()).default([]).meta(describe('Evaluators applied to the student after each round.')),
    rounds: z
      .enum(['all', 'last'])
      .default('all')
      .meta(describe('After which rounds the student is measured. `all`: also before the first one. `last`: once, at the end.')),
    heldOut: z
      .string()
      .optional()
      .meta(
        describe(
          'Test set: JSON lines of `id, instruction, input, output` and optionally `group`. Candidates that repeat one of its tasks are rejected as contaminated.',
          { path: true },
        ),
      ),
  })
  .meta(describe('How the student is measured.'))
