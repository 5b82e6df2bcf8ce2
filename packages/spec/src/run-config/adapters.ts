import * as z from 'zod'
import { count, describe } from './key-meta.ts'

export const priceSchema = z
  .strictObject({
    inputPerMTokUsd: z
      .number()
      .min(0)
      .meta(describe('Price of a million input tokens.', { unit: 'USD' })),
    cachedInputPerMTokUsd: z
      .number()
      .min(0)
      .optional()
      .meta(describe('Price of a million input tokens read from the provider’s prompt cache. Default: the input price.', { unit: 'USD' })),
    cacheWritePerMTokUsd: z
      .number()
      .min(0)
      .optional()
      .meta(describe('Price of a million input tokens written to the provider’s prompt cache. Default: the input price.', { unit: 'USD' })),
    outputPerMTokUsd: z
      .number()
      .min(0)
      .meta(describe('Price of a million output tokens.', { unit: 'USD' })),
    source: z
      .string()
      .optional()
      .meta(describe('Where these figures come from; shown beside them.', { affects: 'speed' })),
    asOf: z.iso
      .date()
      .optional()
      .meta(describe('Day on which the source gave them.', { affects: 'speed' })),
  })
  .meta(
    describe(
      'What the model costs. Default: the price list that SeDi knows for this seller and model; without either, costs are unknown and no budget in dollars can be held.',
    ),
  )

/** What every generator adapter is configured with, beside its own options. */
export const generatorBaseSchema = z.strictObject({
  id: z.string().meta(describe('Which provider adapter.')),
  model: z.string().optional().meta(describe('The provider’s name for the model.')),
  temperature: z
    .number()
    .min(0)
    .max(2)
    .default(1)
    .meta(describe('Sampling temperature.', { source: 'Alpaca: 1' })),
  topP: z.number().gt(0).max(1).optional().meta(describe('Nucleus sampling mass; not sent unless set.')),
  maxOutputTokens: count('Longest completion asked for.', { unit: 'tokens', source: 'Alpaca: 3072' }).default(3072),
  timeoutMs: count('Longest wait for one answer.', { unit: 'ms', affects: 'speed' }).default(600_000),
  price: priceSchema.optional(),
})

export const trainerBaseSchema = z.strictObject({ id: z.string().meta(describe('Which trainer adapter; `none` makes data only: no training, no feedback.')) })

export const embeddingPriceSchema = z
  .strictObject({
    inputPerMTokUsd: z
      .number()
      .min(0)
      .meta(describe('Price of a million tokens.', { unit: 'USD' })),
    source: z
      .string()
      .optional()
      .meta(describe('Where the figure comes from.', { affects: 'speed' })),
    asOf: z.iso
      .date()
      .optional()
      .meta(describe('Day on which the source gave it.', { affects: 'speed' })),
  })
  .meta(describe('What the model costs. Default: the price list that SeDi knows for this seller and model; without either, costs are unknown.'))

export const embedderBaseSchema = z.strictObject({
  id: z.string().meta(describe('Which embedder adapter.')),
  price: embeddingPriceSchema.optional(),
  timeoutMs: count('Longest wait for one answer. Default: 60 000.', { unit: 'ms', affects: 'speed' }).optional(),
  concurrency: count('Most calls in flight. Default: 4.', { affects: 'speed' }).optional(),
  requestsPerMinute: count('Requests sent per minute.', { affects: 'speed' }).optional(),
  tokensPerMinute: count('Tokens sent per minute.', { affects: 'speed' }).optional(),
})

export const moderatorBaseSchema = z.strictObject({
  id: z.string().meta(describe('Which adapter says whether a text is harmful.')),
  timeoutMs: count('Longest wait for one answer.', { unit: 'ms', affects: 'speed' }).default(60_000),
})

export const verifierBaseSchema = z.strictObject({ id: z.string().meta(describe('Which adapter judges whether an answer is right.')) })

export type Price = z.output<typeof priceSchema>
export type EmbeddingPrice = z.output<typeof embeddingPriceSchema>
