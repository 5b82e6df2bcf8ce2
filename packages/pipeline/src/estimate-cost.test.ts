import { callOfCandidate } from '@sedi/spec'
import { describe, expect, it } from 'vitest'
import { estimateCost } from './estimate-cost.ts'
import { carryOn, configOf, createTestRun, newStore, world } from './fixtures/harness.ts'

const prompts = [
  { strategy: 'joint' },
  { strategy: 'compact' },
  { strategy: 'instruction-first', tasksPerCall: 12, answersPerCall: 5 },
  { strategy: 'instruction-first', tasksPerCall: 6, answersPerCall: 1, format: 'json' },
  { strategy: 'staged', seedsPerPrompt: 8, tasksPerCall: 7 },
]

describe.each(prompts.map((prompt) => [`${prompt.strategy} ${prompt.answersPerCall ?? ''}`, prompt] as const))('%s', (_, prompt) => {
  it('costs at most what the plan said, calls and questions later', async () => {
    const change = { prompt, trainer: { id: 'none' }, target: { calls: 4 }, rounds: 2 }
    const { worstCaseNanoUsdPerCall, worstCaseNanoUsd, followUpsPerCall, outputTokensPerCall } = estimateCost(configOf(change), world.seedTasks)
    expect(worstCaseNanoUsd).toBe(4 * worstCaseNanoUsdPerCall!)
    const run = await createTestRun(newStore())
    await carryOn(run, { config: change, adapters: { trainer: undefined } })
    const calls = await run.ledger.find('call')
    const reserved = new Map((await run.ledger.find('attempt')).map(({ callId, reservedInputTokens }) => [callId, reservedInputTokens]))
    for (const own of Map.groupBy(calls, ({ callId, parentId }) => (parentId === null ? callId : callOfCandidate(parentId))).values()) {
      const later = own.filter(({ parentId }) => parentId !== null)
      const sum = (value: (call: (typeof own)[number]) => number, of = later): number => of.reduce((total, call) => total + value(call), 0)
      expect(later.length).toBeLessThanOrEqual(followUpsPerCall.atMost)
      expect(sum(({ callId }) => reserved.get(callId)!)).toBeLessThanOrEqual(followUpsPerCall.inputTokensAtMost)
      expect(sum(({ request }) => request.maxOutputTokens)).toBeLessThanOrEqual(followUpsPerCall.outputTokensAtMost)
      expect(sum(({ costNanoUsd }) => costNanoUsd!, own)).toBeLessThanOrEqual(worstCaseNanoUsdPerCall!)
    }
    expect(outputTokensPerCall.atMost).toBe(3072)
    await run.close()
  })
})
