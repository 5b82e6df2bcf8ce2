import type { RunConfig, SeedTask } from '@sedi/spec'
import { inputTokenBound, worstCaseCost } from './calls/money.ts'
import { largestFollowUps } from './steps/bound-follow-ups.ts'
import { callsOfRound, planCall } from './steps/plan-call.ts'

/** What a run would ask and cost, before anything is sent. Money in nanodollars, null when the price is unknown. */
export type CostEstimate = {
  /** undefined when the target is not a number of calls. */
  readonly calls: number | undefined
  readonly callsPerRound: readonly number[] | undefined
  /** Mean over the first round's prompts: bytes / 4 is a usual rule of thumb for English; the bound is what is reserved. */
  readonly inputTokensPerCall: { readonly likely: number; readonly atMost: number }
  readonly outputTokensPerCall: { readonly atMost: number }
  /** What may be asked later about the items of one call; all 0 for strategies that ask nothing. Tokens are sums over these questions. */
  readonly followUpsPerCall: { readonly atMost: number; readonly inputTokensAtMost: number; readonly outputTokensAtMost: number }
  /** Of the dearest call looked at and everything asked about its items. */
  readonly worstCaseNanoUsdPerCall: number | null
  /** Of the dearest single request, call or question: what a budget must cover for anything to be sent. */
  readonly worstCaseNanoUsdPerRequest: number | null
  readonly worstCaseNanoUsd: number | null
}

/** How many of the first prompts are looked at; later ones are of like length. */
const sampleSize = 32

export function estimateCost(config: RunConfig, seeds: readonly SeedTask[]): CostEstimate {
  const { calls } = config.target
  const samples = Array.from({ length: Math.min(sampleSize, calls ?? sampleSize) }, (_, index) => planCall(config, 1, index, { seeds, kept: [] }).request)
  const mean = (values: readonly number[]): number => Math.ceil(values.reduce((sum, value) => sum + value, 0) / values.length)
  const costs = samples.map((request) => worstCaseCost(request, config.generator.price))
  const followUps = largestFollowUps(config)
  const later = followUps.map((request) => worstCaseCost(request, config.generator.price))
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
  const perCall = costs.includes(null) ? null : Math.max(...(costs as number[])) + sum(later as number[])
  return {
    calls,
    callsPerRound: calls === undefined ? undefined : Array.from({ length: config.rounds }, (_, i) => callsOfRound(calls, config.rounds, i + 1)),
    inputTokensPerCall: {
      likely: mean(samples.map(({ messages }) => messages.reduce((sum, { content }) => sum + Buffer.byteLength(content) / 4, 8))),
      atMost: Math.max(...samples.map(inputTokenBound)),
    },
    outputTokensPerCall: { atMost: config.generator.maxOutputTokens },
    followUpsPerCall: {
      atMost: followUps.length,
      inputTokensAtMost: sum(followUps.map(inputTokenBound)),
      outputTokensAtMost: sum(followUps.map(({ maxOutputTokens }) => maxOutputTokens)),
    },
    worstCaseNanoUsdPerCall: perCall,
    worstCaseNanoUsdPerRequest: perCall === null ? null : Math.max(...([...costs, ...later] as number[])),
    worstCaseNanoUsd: perCall === null || calls === undefined ? null : perCall * calls,
  }
}
