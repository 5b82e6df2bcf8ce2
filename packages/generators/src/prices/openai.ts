import { discounted, type ListPrice, type PriceList } from './list-price.ts'

const price = (input: number, cached: number, output: number, asOf: string, source: string): ListPrice => ({
  inputPerMTokUsd: input,
  cachedInputPerMTokUsd: cached,
  outputPerMTokUsd: output,
  source,
  asOf,
})

// Second-hand: OpenAI's own page was not read for this table. A model is in it when two independent dated tables give the same figures.
// Newer models, on which such tables differ or which bill cache writes apart, are left out: their price is unknown until generator.price says it.
const copilot = 'the price table of ShellPilot 0.3.1 and GitHub’s table of Copilot models agree'

/** OpenAI’s standard prices in USD per million tokens. */
export const openaiPrices: PriceList = {
  page: 'https://developers.openai.com/api/docs/pricing',
  models: {
    'gpt-5.4': price(2.5, 0.25, 15, '2026-06-01', copilot),
    'gpt-5.4-mini': price(0.75, 0.075, 4.5, '2026-06-01', 'the price tables of ShellPilot 0.3.1 and adk-model 0.6.0 agree'),
    'gpt-5.2': price(1.75, 0.175, 14, '2026-06-01', copilot),
    'gpt-5-mini': price(0.25, 0.025, 2, '2026-06-01', copilot),
    'gpt-4.1': price(2, 0.5, 8, '2026-06-01', copilot),
    'gpt-4.1-mini': price(0.4, 0.1, 1.6, '2026-06-21', 'tokenmath.io’s record of OpenAI’s model page; the cached price as in defog 1.4.11'),
    'gpt-4o-mini': price(0.15, 0.075, 0.6, '2026-05-15', 'swfte.com’s review of OpenAI’s prices and defog 1.4.11 agree'),
  },
}

/** The Batch API: half of every price. Source: OpenAI’s Batch guide, “50% lower costs”. */
export const openaiBatchPrices: PriceList = discounted(openaiPrices, 0.5, 'half price in the Batch API')

/** Embedding models; only input is billed. */
export const openaiEmbeddingPrices: PriceList = {
  page: openaiPrices.page,
  models: {
    'text-embedding-3-small': price(0.02, 0.02, 0, '2026-06-21', 'tokenmath.io’s record of OpenAI’s model page, and the launch announcement of January 2024'),
  },
}
