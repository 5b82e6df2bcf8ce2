import * as z from 'zod'
import { count, describe, usd } from './key-meta.ts'

export const targetSchema = z
  .strictObject({
    calls: count('Stop after so many recorded answers.').optional(),
    kept: count('Stop when so many instructions are kept.').optional(),
    costUsd: usd('Stop when the answers have cost so much.').optional(),
  })
  .refine((target) => target.calls !== undefined || target.kept !== undefined || target.costUsd !== undefined, 'expected at least one of calls, kept, costUsd')
  .meta(describe('When the run is complete; whichever comes first. Divided evenly over the rounds.'))

export const budgetSchema = z
  .strictObject({
    maxCostUsd: usd('The run pauses before it can cost more: the worst case of every call is reserved before it is sent.', { affects: 'speed' }).optional(),
    maxTokens: count(
      'The run pauses before it can use more input and output tokens: the most that every call can use is reserved before it is sent. For models whose price is unknown.',
      { unit: 'tokens', affects: 'speed' },
    ).optional(),
    shared: z
      .string()
      .regex(/\S/, 'expected a name')
      .optional()
      .meta(
        describe(
          'A name. `maxCostUsd` is then the most that all runs of the store with this name may cost together. State the same cap in each: a run is held to its own, against what all of them have committed. Money stays counted under the name when a run is deleted or takes another name.',
          { affects: 'speed' },
        ),
      ),
  })
  .refine(
    (budget) => budget.shared === undefined || budget.maxCostUsd !== undefined,
    'expected maxCostUsd beside shared: the most that the runs may cost together',
  )
  .meta(describe('Money, or tokens, that must not be exceeded.', { affects: 'speed' }))
