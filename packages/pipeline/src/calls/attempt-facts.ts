import {
  type AdaptationFact,
  type AttemptFact,
  type CallFact,
  canonicalJson,
  type GenerateResult,
  type OutcomeFact,
  type Price,
  type SediError,
  type TextGenerator,
} from '@sedi/spec'
import type { PlannedCall } from './buy-completion.ts'
import { sha256 } from './hashes.ts'
import { costOfAnswer, inputTokenBound, toUsd, worstCaseCost } from './money.ts'

/** A try of a call, and when it was sent. */
export type Attempt = { readonly call: PlannedCall; readonly number: number; readonly startedAt: number }

export function attemptFact({ call, number, startedAt }: Attempt, price: Price | undefined, recovery: TextGenerator['recovery']): AttemptFact {
  return {
    kind: 'attempt',
    callId: call.callId,
    attempt: number,
    round: call.round,
    reservedNanoUsd: worstCaseCost(call.request, price),
    reservedInputTokens: inputTokenBound(call.request),
    reservedOutputTokens: call.request.maxOutputTokens,
    recovery: recovery ?? 'lost',
    at: startedAt,
  }
}

/** The answer, how its attempt ended, and what was learned of the model that is not known yet. */
export function answerFacts(
  { call, number, startedAt }: Attempt,
  result: GenerateResult,
  { generator, price, at }: { readonly generator: TextGenerator; readonly price: Price | undefined; readonly at: number },
): readonly [OutcomeFact, CallFact] {
  const latencyMs = Math.round(at - startedAt)
  const counted = costOfAnswer(call.request, result.text, result.usage, price)
  const cost = result.costNanoUsd === undefined ? counted : { nanoUsd: result.costNanoUsd, exact: true }
  const answer: CallFact = {
    kind: 'call',
    ...call,
    requestHash: sha256(canonicalJson(call.request)),
    text: result.text,
    responseHash: sha256(canonicalJson([result.text, result.finishReason])),
    finishReason: result.finishReason,
    provider: generator.provider,
    modelId: result.modelId,
    usage: result.usage,
    costNanoUsd: cost.nanoUsd,
    warnings: [...result.warnings, ...usageWarnings(call, result, { exact: cost.exact, price })],
    latencyMs,
    at,
  }
  const settled = { result: 'answered', charged: 'settled', costNanoUsd: cost.nanoUsd, errorCode: null, message: '' } as const
  return [{ kind: 'outcome', callId: call.callId, attempt: number, ...settled, latencyMs, at }, answer]
}

/** Why the answer cost more than was reserved for it; undefined when it did not. */
export function excessOf(
  { request }: PlannedCall,
  { usage, costNanoUsd }: Pick<GenerateResult, 'usage' | 'costNanoUsd'>,
  price: Price | undefined,
): string | undefined {
  const { inputTokens = 0, outputTokens = 0 } = usage
  if (inputTokens > inputTokenBound(request) || outputTokens > request.maxOutputTokens)
    return `the provider reports more tokens (${usage.inputTokens} in, ${usage.outputTokens} out) than can have been asked for (${inputTokenBound(request)}, ${request.maxOutputTokens}): the cost is more than was reserved`
  const reserved = worstCaseCost(request, price)
  if (costNanoUsd === undefined || reserved === null || costNanoUsd <= reserved) return undefined
  return `the provider charged $${toUsd(costNanoUsd).toFixed(6)}, and the call can have cost $${toUsd(reserved).toFixed(6)} at the configured price: the cost is more than was reserved`
}

function usageWarnings(call: PlannedCall, result: GenerateResult, { exact, price }: { readonly exact: boolean; readonly price: Price | undefined }): string[] {
  if (!exact) return ['the provider did not report its tokens: the cost is an upper bound']
  const excess = excessOf(call, result, price)
  return excess === undefined ? [] : [excess]
}

export function failureFact({ call, number, startedAt }: Attempt, error: SediError, price: Price | undefined, at: number): OutcomeFact {
  const charged = chargedOf(error)
  return {
    kind: 'outcome',
    callId: call.callId,
    attempt: number,
    result: 'failed',
    charged,
    costNanoUsd: charged === 'none' ? 0 : worstCaseCost(call.request, price),
    errorCode: error.code,
    message: error.message,
    latencyMs: Math.round(at - startedAt),
    at,
  }
}

export const chargedOf = (error: SediError): 'none' | 'uncertain' => (error.details.charged === 'none' ? 'none' : 'uncertain')

/** What was learned of the model that `known` does not have yet; remembered there. */
export function adaptationFacts({ adaptations = [] }: GenerateResult, generator: TextGenerator, known: Set<string>, at: number): AdaptationFact[] {
  return adaptations.flatMap((adaptation) => {
    const { setting, action, replacement, reason } = adaptation
    if (known.has(setting)) return []
    known.add(setting)
    return [{ kind: 'adaptation', provider: generator.provider, modelId: generator.modelId, setting, action, replacement, reason, at } as const]
  })
}
