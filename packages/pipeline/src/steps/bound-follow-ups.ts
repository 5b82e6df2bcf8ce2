import type { GenerateRequest, RunConfig } from '@sedi/spec'
import { longestDraftBytes } from '../strategies/strategy.ts'
import { strategyOf } from './plan-call.ts'

/**
 * The largest requests that can be made about the items of one call: every task that was asked for passes the filter with the longest text
 * that is asked about. Empty for strategies that ask nothing later.
 */
export function largestFollowUps(config: RunConfig): readonly GenerateRequest[] {
  const { prompt, generator } = config
  const { followUps } = strategyOf(config)
  if (followUps === undefined) return []
  const size = followUps.groupSize(prompt)
  const groups = Array.from({ length: Math.ceil(prompt.tasksPerCall / size) }, (_, i) => Math.min(size, prompt.tasksPerCall - i * size))
  return groups.flatMap((items) =>
    followUps.bounds(prompt).map(({ promptBytes, maxOutputTokens = generator.maxOutputTokens }) => ({
      messages: [{ role: 'user', content: 'x'.repeat(promptBytes + items * longestDraftBytes) }],
      maxOutputTokens: Math.min(maxOutputTokens, generator.maxOutputTokens),
    })),
  )
}
