import { createRng } from '@sedi/core'
import type { RunConfig, SeedTask } from '@sedi/spec'
import type { PlannedCall } from '../calls/buy-completion.ts'
import { strategies } from '../strategies/registry.gen.ts'
import type { PromptStrategy } from '../strategies/strategy.ts'
import { callIdOf } from './ids.ts'

export function strategyOf(config: RunConfig): PromptStrategy {
  return strategies[config.prompt.strategy as keyof typeof strategies]
}

/**
 * What call `index` of a round asks: k seeds drawn without replacement, shown in drawn order. A function of the configuration, the
 * seeds as they stand when the round begins, and the call's place; so neither concurrency nor a restart can change it.
 */
export function planCall(config: RunConfig, round: number, index: number, seeds: readonly SeedTask[]): PlannedCall {
  const rng = createRng(config.randomSeed, 'generate', round, index)
  const shown = rng.sample(seeds, config.prompt.seedsPerPrompt)
  const { temperature, topP, maxOutputTokens } = config.generator
  return {
    callId: callIdOf(round, index),
    round,
    index,
    stage: 'tasks',
    parentId: null,
    seedIds: shown.map(({ id }) => id),
    request: {
      messages: strategyOf(config).prompt(shown, config.prompt),
      maxOutputTokens,
      temperature,
      ...(topP === undefined ? {} : { topP }),
      seed: rng.uint32(),
    },
  }
}

/** Calls of a round when the run has `total`: ceil(total / rounds) each, the last rounds take what is left. */
export function callsOfRound(total: number, rounds: number, round: number): number {
  const each = Math.ceil(total / rounds)
  return Math.max(0, Math.min(each, total - each * (round - 1)))
}
