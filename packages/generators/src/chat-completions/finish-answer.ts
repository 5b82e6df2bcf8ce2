import type { GenerateRequest, GenerateResult } from '@sedi/spec'
import type { Preset } from '../presets/preset.ts'

/** Cuts the answer at the first of the stop sequences the server did not get. */
export function cutAtStops(result: GenerateResult, stops: readonly string[]): GenerateResult {
  const cuts = stops.map((stop) => result.text.indexOf(stop)).filter((place) => place >= 0)
  if (cuts.length === 0) return result
  return { ...result, text: result.text.slice(0, Math.min(...cuts)), finishReason: 'stop' }
}

/** What a person should know about an answer that is there and yet not as it was asked for. */
export function answerWarnings(
  { text, finishReason, usage, raw }: GenerateResult,
  request: GenerateRequest,
  preset: Preset,
  serviceTier: string | undefined,
): string[] {
  const { maxOutputTokens, responseFormat, messages } = request
  const warnings: string[] = []
  if (finishReason === 'length' && text.trim() === '') {
    const reasoned = usage.reasoningTokens === undefined ? '' : ` (${usage.reasoningTokens} on reasoning)`
    warnings.push(
      `output-truncated: the model spent its ${usage.outputTokens ?? maxOutputTokens} output tokens${reasoned} before the first word of an answer. Raise generator.maxOutputTokens, or lower generator.reasoningEffort.`,
    )
  }
  if (responseFormat !== undefined && finishReason === 'stop' && !isJson(text)) {
    warnings.push('response_format: the answer is no JSON: the server took the schema and did not hold the model to it')
  }
  const characters = messages.reduce((sum, { content }) => sum + content.length, 0)
  if (preset.cutsPrompts !== undefined && usage.inputTokens !== undefined && usage.inputTokens * 8 < characters) {
    warnings.push(`prompt: ${usage.inputTokens} tokens counted for ${characters} characters: it was probably cut. ${preset.cutsPrompts}`)
  }
  const served = servedTier(raw)
  if (serviceTier !== undefined && serviceTier !== 'auto' && served !== undefined && served !== serviceTier) {
    warnings.push(`service_tier: ${serviceTier} asked for, ${served} served: its price may be another`)
  }
  return warnings
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function servedTier(raw: unknown): string | undefined {
  const tier = typeof raw === 'object' && raw !== null && 'service_tier' in raw ? raw.service_tier : undefined
  return typeof tier === 'string' ? tier : undefined
}

/** What the answer cost by the server's own account, in nanodollars; undefined where it gives none, or only its fee. */
export function statedCost({ raw }: GenerateResult, { costInUsage }: Preset): number | undefined {
  const usage = costInUsage === true && typeof raw === 'object' && raw !== null && 'usage' in raw ? raw.usage : undefined
  if (typeof usage !== 'object' || usage === null || !('cost' in usage) || ('is_byok' in usage && usage.is_byok === true)) return undefined
  return typeof usage.cost === 'number' && Number.isFinite(usage.cost) && usage.cost >= 0 ? Math.ceil(usage.cost * 1e9 - 1e-6) : undefined
}
