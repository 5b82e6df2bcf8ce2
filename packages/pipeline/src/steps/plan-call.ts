import { createRng } from '@sedi/core'
import { type CallFact, callIdOf, followUpIdOf, type GenerateRequest, type RunConfig, roundOfPlace, type SeedTask, type Task } from '@sedi/spec'
import type { PlannedCall } from '../calls/buy-completion.ts'
import { strategies } from '../strategies/registry.gen.ts'
import type { FollowUpQuestion, PromptStrategy, Question } from '../strategies/strategy.ts'

export function strategyOf(config: RunConfig): PromptStrategy {
  return strategies[config.prompt.strategy as keyof typeof strategies]
}

/** What a prompt's examples are drawn from, as it stands when the round begins: seeds, and what the run has kept. */
export type PromptSources = { readonly seeds: readonly SeedTask[]; readonly kept: readonly SeedTask[] }

/** What prompts of a round may show, given all that is kept by now: the pool as it was when the round began, also after a restart inside it. */
export function promptSources(config: RunConfig, round: number, seeds: readonly SeedTask[], kept: readonly (Task & { readonly id: string })[]): PromptSources {
  if (strategyOf(config).keptExamples === 0) return { seeds, kept: [] }
  const earlier = kept.filter(({ id }) => roundOfPlace(id) < round)
  return { seeds, kept: earlier.map(({ id, instruction, input, output }) => ({ id, origin: 'machine', instruction, input, output })) }
}

/**
 * What call `index` of a round asks: k examples drawn without replacement, seeds first unless the strategy mixes them with instructions
 * kept earlier. A function of the configuration, the sources and the call's place; so neither concurrency nor a restart can change it.
 */
export function planCall(config: RunConfig, round: number, index: number, sources: PromptSources): PlannedCall {
  const rng = createRng(config.randomSeed, 'generate', round, index)
  const strategy = strategyOf(config)
  const shown = drawExamples(config, strategy, sources, rng)
  return {
    callId: callIdOf(round, index),
    round,
    index,
    stage: strategy.stage,
    parentId: null,
    seedIds: shown.map(({ id }) => id),
    request: { ...requestOf(strategy.ask(shown, config.prompt), config), seed: rng.uint32() },
  }
}

/** Self-Instruct: up to two machine-made instructions, the rest human, mixed. Strategies without the former keep the drawn order. */
function drawExamples(
  { prompt }: RunConfig,
  { keptExamples }: PromptStrategy,
  { seeds, kept }: PromptSources,
  rng: ReturnType<typeof createRng>,
): readonly SeedTask[] {
  if (keptExamples === 0 || kept.length === 0) return rng.sample(seeds, prompt.seedsPerPrompt)
  const fromKept = rng.sample(kept, Math.min(keptExamples, prompt.seedsPerPrompt - 1))
  const known = new Set(fromKept.map(({ id }) => id)) // A kept instruction may have become a seed.
  const others = seeds.filter(({ id }) => !known.has(id))
  return rng.shuffle([...rng.sample(others, prompt.seedsPerPrompt - fromKept.length), ...fromKept])
}

/** A question about items of a call: named after the first of them, in the place of the call. */
export function planFollowUp(
  config: RunConfig,
  { round, index }: Pick<CallFact, 'round' | 'index'>,
  candidateId: string,
  { stage, ...question }: FollowUpQuestion,
): PlannedCall {
  const callId = followUpIdOf(candidateId, stage)
  const seed = createRng(config.randomSeed, 'follow-up', callId).uint32()
  return { callId, round, index, stage, parentId: candidateId, seedIds: [], request: { ...requestOf(question, config), seed } }
}

function requestOf(question: Question, { generator }: RunConfig): GenerateRequest {
  const { messages, stop, responseFormat } = question
  const temperature = question.temperature ?? generator.temperature
  const topP = question.topP ?? generator.topP
  return {
    messages,
    maxOutputTokens: Math.min(generator.maxOutputTokens, question.maxOutputTokens ?? generator.maxOutputTokens),
    temperature,
    ...(topP === undefined ? {} : { topP }),
    ...(stop === undefined ? {} : { stop }),
    ...(responseFormat === undefined ? {} : { responseFormat }),
  }
}

/** Calls of a round when the run has `total`: ceil(total / rounds) each, the last rounds take what is left. */
export function callsOfRound(total: number, rounds: number, round: number): number {
  const each = Math.ceil(total / rounds)
  return Math.max(0, Math.min(each, total - each * (round - 1)))
}
