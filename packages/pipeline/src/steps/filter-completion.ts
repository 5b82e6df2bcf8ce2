import type { CallFact, CandidateFact, HeldOutItem, RejectionReason, Task, YieldFact } from '@sedi/spec'
import { shareCost } from '../calls/money.ts'
import { heuristics } from '../heuristics/registry.gen.ts'
import type { Run } from '../run-context.ts'
import type { ParsedItem } from '../strategies/strategy.ts'
import { candidateIdOf } from './ids.ts'
import { strategyOf } from './plan-call.ts'

/**
 * Parses a completion and decides about each of its items: the first failing check of malformed, truncated, heuristic, contaminated,
 * similar (max ROUGE-L > τ against human seeds and everything kept) names the reason; what passes all of them joins the pool.
 * A completion that was filtered before is not filtered again: the pool has its items already.
 */
export async function filterCompletion(call: CallFact, run: Run): Promise<void> {
  if (run.filtered.has(call.callId)) return
  const items = strategyOf(run.config).parse(call.text, call.finishReason)
  const shares = shareCost(call.costNanoUsd, items.length)
  const candidates = items.map((item, i) => judge(item, candidateIdOf(call.callId, i), call, shares[i]!, run))
  const kept = candidates.filter(({ verdict }) => verdict === 'kept').length
  const yielded: YieldFact = { kind: 'yield', callId: call.callId, round: call.round, raw: candidates.length, kept }
  await run.ledger.append([...candidates, yielded])
  run.filtered.add(call.callId)
  run.spentNanoUsd += call.costNanoUsd ?? 0
}

function judge(item: ParsedItem, id: string, call: CallFact, costNanoUsd: number | null, run: Run): CandidateFact {
  const task: Task = item.ok ? item.task : { instruction: '', input: '', output: '' }
  const base = { kind: 'candidate', id, callId: call.callId, round: call.round, ...task, flags: [], costNanoUsd } as const
  const rejected = (reason: RejectionReason, detail: string): CandidateFact => ({
    ...base,
    verdict: 'rejected',
    reason,
    detail,
    nearestId: null,
    nearestScore: null,
  })

  if (!item.ok) return rejected(item.reason, `${item.problem}: ${item.excerpt}`)
  const broken = heuristics[run.config.filter.heuristics as keyof typeof heuristics].check(task)
  if (broken !== undefined) return rejected('heuristic', broken)
  const repeated = run.contamination.find(task)
  if (repeated !== undefined) return rejected('contaminated', `repeats the held-out task ${repeated}`)
  const { novel, nearest } = run.pool.judge(task.instruction)
  const neighbour = { nearestId: nearest?.id ?? null, nearestScore: nearest?.score ?? null }
  if (!novel) return { ...base, verdict: 'rejected', reason: 'similar', detail: '', ...neighbour }
  run.pool.keep({ id, ...task, seedIds: call.seedIds })
  return { ...base, verdict: 'kept', reason: null, detail: '', ...neighbour }
}

/** The held-out tasks, asked whether a candidate repeats one: same instruction and input apart from case, spaces and punctuation. */
export type Contamination = { find(task: Task): string | undefined }

export function createContamination(items: readonly HeldOutItem[]): Contamination {
  const normal = (task: { readonly instruction: string; readonly input: string }): string =>
    `${task.instruction}\n${task.input}`
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, ' ')
      .trim()
  const known = new Map(items.map((item) => [normal(item), item.id]))
  return { find: (task) => known.get(normal(task)) }
}
