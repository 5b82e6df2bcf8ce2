import type { RunConfig, SeedTask } from '@sedi/spec'
import { inputTokenBound, worstCaseCost } from './calls/money.ts'
import { callsOfRound, planCall } from './steps/plan-call.ts'

/** What a run would ask and cost, before anything is sent. Money in nanodollars, null when the price is unknown. */
export type CostEstimate = {
  /** undefined when the target is not a number of calls. */
  readonly calls: number | undefined
  readonly callsPerRound: readonly number[] | undefined
  /** Mean over the first round's prompts: bytes / 4 is a usual rule of thumb for English; the bound is what is reserved. */
  readonly inputTokensPerCall: { readonly likely: number; readonly atMost: number }
  readonly outputTokensPerCall: { readonly atMost: number }
  readonly worstCaseNanoUsdPerCall: number | null
  readonly worstCaseNanoUsd: number | null
}

/** How many of the first prompts are looked at; later seeds are of like length. */
const sampleSize = 32

export function estimateCost(config: RunConfig, seeds: readonly SeedTask[]): CostEstimate {
  const { calls } = config.target
  const samples = Array.from({ length: Math.min(sampleSize, calls ?? sampleSize) }, (_, index) => planCall(config, 1, index, seeds).request)
  const mean = (values: readonly number[]): number => Math.ceil(values.reduce((sum, value) => sum + value, 0) / values.length)
  const costs = samples.map((request) => worstCaseCost(request, config.generator.price))
  const perCall = costs.includes(null) ? null : mean(costs as number[])
  return {
    calls,
    callsPerRound: calls === undefined ? undefined : Array.from({ length: config.rounds }, (_, i) => callsOfRound(calls, config.rounds, i + 1)),
    inputTokensPerCall: {
      likely: mean(samples.map(({ messages }) => messages.reduce((sum, { content }) => sum + Buffer.byteLength(content) / 4, 8))),
      atMost: Math.max(...samples.map(inputTokenBound)),
    },
    outputTokensPerCall: { atMost: config.generator.maxOutputTokens },
    worstCaseNanoUsdPerCall: perCall,
    worstCaseNanoUsd: perCall === null || calls === undefined ? null : perCall * calls,
  }
}
