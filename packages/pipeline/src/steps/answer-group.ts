import type { CallFact, Task } from '@sedi/spec'
import { shareCost } from '../calls/money.ts'
import type { Run } from '../run-context.ts'
import { tasksOf } from '../strategies/strategy.ts'
import { checkCandidates } from './check-candidates.ts'
import { judgeAnswer, type Rejection } from './judge-candidate.ts'
import type { AskFollowUp } from './open-purchases.ts'
import { planFollowUp, strategyOf } from './plan-call.ts'

type Admitted = { readonly id: string; readonly task: Task }

export type AnsweredGroup = {
  readonly items: readonly (Admitted & { readonly rejection: Rejection | undefined; readonly costNanoUsd: number | null })[]
  /** What the group's questions cost; null when a price is unknown. */
  readonly costNanoUsd: number | null
}

/**
 * Asks a group's questions one after the other and judges what comes. An answer that is missing, cut or not readable makes its item
 * `unanswered`; the questions' cost is shared evenly by the items they were about, answered or not.
 */
export async function answerGroup(call: CallFact, group: readonly Admitted[], ask: AskFollowUp, run: Run): Promise<AnsweredGroup> {
  const { prompt } = run.config
  const { next } = strategyOf(run.config).followUps!
  const tasks = group.map(({ task }) => task)
  const replies: CallFact[] = []
  for (;;) {
    const step = next(tasks, replies, prompt)
    if (!('finished' in step)) {
      replies.push(await ask(planFollowUp(run.config, call, group[0]!.id, step)))
      continue
    }
    const costs = replies.map(({ costNanoUsd }) => costNanoUsd)
    const costNanoUsd = costs.includes(null) ? null : costs.reduce<number>((sum, cost) => sum + cost!, 0)
    const shares = shareCost(costNanoUsd, group.length)
    await checkCandidates(tasksOf(step.finished), call, run)
    const items: AnsweredGroup['items'][number][] = []
    for (const [i, { id, task }] of group.entries()) {
      const item = step.finished[i]
      const rejection: Rejection | undefined = item?.ok
        ? await judgeAnswer(item.task, run)
        : { reason: 'unanswered', detail: item === undefined ? 'no answer' : `${item.problem}: ${item.excerpt}` }
      items.push({ id, task: item?.ok ? item.task : task, rejection, costNanoUsd: shares[i]! })
    }
    return { items, costNanoUsd }
  }
}
