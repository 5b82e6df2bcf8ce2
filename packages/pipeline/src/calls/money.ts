import type { GenerateRequest, Price, Usage } from '@sedi/spec'

/** Nanodollars per dollar: costs are integers of 1e-9 USD, so sums are exact. */
export const nanoUsdPerUsd = 1_000_000_000

export const toUsd = (nanoUsd: number): number => nanoUsd / nanoUsdPerUsd

/** Rounded down: a cap never grows by rounding. */
export const toNanoUsd = (usd: number): number => Math.floor(usd * nanoUsdPerUsd)

/**
 * Most input tokens a request can have: a token of any byte-level tokeniser covers at least one byte, and chat templates add
 * a few tokens per message (64 is generous for the templates we know).
 */
export function inputTokenBound({ messages, responseFormat }: GenerateRequest): number {
  const schema = responseFormat === undefined ? 0 : Buffer.byteLength(JSON.stringify(responseFormat)) + 64
  return messages.reduce((sum, { content }) => sum + Buffer.byteLength(content, 'utf8') + 64, 64 + schema)
}

/** The most a request can cost, in nanodollars: all of its input at the dearest of the input prices. null when the price is unknown. */
export function worstCaseCost(request: GenerateRequest, price: Price | undefined): number | null {
  if (price === undefined) return null
  return inWholeNanoUsd(inputTokenBound(request) * dearestInput(price) + request.maxOutputTokens * price.outputPerMTokUsd)
}

export type Cost = {
  /** null when the price is unknown. */
  readonly nanoUsd: number | null
  /** False when the provider did not report its tokens and the cost is an upper bound from the text's bytes. */
  readonly exact: boolean
}

/**
 * What an answer cost: `uncached·p + cached·p_read + written·p_write + output·p_out`, rounded up to a nanodollar. Input that the provider did not
 * count is taken at its bound and the dearest price, output at the most that was allowed or the text's bytes, whichever is more.
 */
export function costOfAnswer(request: GenerateRequest, text: string, usage: Usage, price: Price | undefined): Cost {
  const exact = usage.inputTokens !== undefined && usage.outputTokens !== undefined
  if (price === undefined) return { nanoUsd: null, exact }
  const input = usage.inputTokens === undefined ? inputTokenBound(request) * dearestInput(price) : inputCost(usage, price)
  const output = usage.outputTokens ?? Math.max(request.maxOutputTokens, Buffer.byteLength(text, 'utf8'))
  const nanoUsd = inWholeNanoUsd(input + output * price.outputPerMTokUsd)
  if ((usage.inputTokens ?? 0) > inputTokenBound(request) || output > request.maxOutputTokens) return { nanoUsd, exact }
  // The same product, added up in another order, may differ in its last bit; what is within the reserve never costs more than it.
  return { nanoUsd: Math.min(nanoUsd, worstCaseCost(request, price)!), exact }
}

const dearestInput = (price: Price): number => Math.max(price.inputPerMTokUsd, price.cachedInputPerMTokUsd ?? 0, price.cacheWritePerMTokUsd ?? 0)

/** In microdollars, unrounded. */
function inputCost(usage: Usage, price: Price): number {
  const input = usage.inputTokens ?? 0
  const cached = Math.min(usage.cachedInputTokens ?? 0, input)
  const written = Math.min(usage.cacheWriteInputTokens ?? 0, input - cached)
  return (
    (input - cached - written) * price.inputPerMTokUsd +
    cached * (price.cachedInputPerMTokUsd ?? price.inputPerMTokUsd) +
    written * (price.cacheWritePerMTokUsd ?? price.inputPerMTokUsd)
  )
}

/** USD per million tokens times tokens is microdollars. Rounded up; the tolerance keeps float dust from rounding a whole nanodollar up. */
const inWholeNanoUsd = (microUsd: number): number => Math.ceil(microUsd * 1000 - 1e-6)

/** Splits a call's cost over its items so that the shares add up exactly; earlier items carry the remainder. */
export function shareCost(nanoUsd: number | null, items: number): (number | null)[] {
  if (nanoUsd === null) return Array.from({ length: items }, () => null)
  const share = Math.floor(nanoUsd / Math.max(1, items))
  const remainder = nanoUsd - share * items
  return Array.from({ length: items }, (_, i) => share + (i < remainder ? 1 : 0))
}
