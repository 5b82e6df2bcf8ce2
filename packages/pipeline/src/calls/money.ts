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
export function inputTokenBound(request: GenerateRequest): number {
  return request.messages.reduce((sum, { content }) => sum + Buffer.byteLength(content, 'utf8') + 64, 64)
}

/** The most a request can cost, in nanodollars; null when the price is unknown. */
export function worstCaseCost(request: GenerateRequest, price: Price | undefined): number | null {
  if (price === undefined) return null
  return costInNanoUsd({ inputTokens: inputTokenBound(request), outputTokens: request.maxOutputTokens }, price)
}

export type Cost = {
  /** null when the price is unknown. */
  readonly nanoUsd: number | null
  /** False when the provider did not report its tokens and the cost is an upper bound from the text's bytes. */
  readonly exact: boolean
}

/** What an answer cost. `input·p + cached·p_cached + output·p_out`, rounded up to a nanodollar. */
export function costOfAnswer(request: GenerateRequest, text: string, usage: Usage, price: Price | undefined): Cost {
  const exact = usage.inputTokens !== undefined && usage.outputTokens !== undefined
  if (price === undefined) return { nanoUsd: null, exact }
  const bounded: Usage = {
    ...usage,
    inputTokens: usage.inputTokens ?? inputTokenBound(request),
    outputTokens: usage.outputTokens ?? Math.max(request.maxOutputTokens, Buffer.byteLength(text, 'utf8')),
  }
  return { nanoUsd: costInNanoUsd(bounded, price), exact }
}

function costInNanoUsd(usage: Usage, price: Price): number {
  const input = usage.inputTokens ?? 0
  const cached = Math.min(usage.cachedInputTokens ?? 0, input)
  const microUsd =
    (input - cached) * price.inputPerMTokUsd +
    cached * (price.cachedInputPerMTokUsd ?? price.inputPerMTokUsd) +
    (usage.outputTokens ?? 0) * price.outputPerMTokUsd
  // USD per million tokens times tokens is micro-dollars; the tolerance keeps float dust from rounding a whole nanodollar up.
  return Math.ceil(microUsd * 1000 - 1e-6)
}

/** Splits a call's cost over its items so that the shares add up exactly; earlier items carry the remainder. */
export function shareCost(nanoUsd: number | null, items: number): (number | null)[] {
  if (nanoUsd === null) return Array.from({ length: items }, () => null)
  const share = Math.floor(nanoUsd / Math.max(1, items))
  const remainder = nanoUsd - share * items
  return Array.from({ length: items }, (_, i) => share + (i < remainder ? 1 : 0))
}
