import type { RejectionReason, Task } from '@sedi/spec'
import type { HeuristicSet } from '../heuristics/heuristic.ts'
import { heuristics } from '../heuristics/registry.gen.ts'
import type { Run } from '../run-context.ts'
import { outcomeOf } from './check-candidates.ts'

export type Rejection = { readonly reason: RejectionReason; readonly detail: string }

/** What speaks against a task before its answer is looked at, or bought: the first of heuristic, contaminated, check. */
export async function judgeInstruction(task: Task, run: Run): Promise<Rejection | undefined> {
  const broken = rulesOf(run).check(task)
  if (broken !== undefined) return { reason: 'heuristic', detail: broken }
  return findContamination(task, run) ?? outcomeOf(task, run).dropped
}

/** What speaks against the whole task, its answer included. */
export async function judgeAnswer(task: Task, run: Run): Promise<Rejection | undefined> {
  const broken = rulesOf(run).checkAnswer?.(task)
  if (broken !== undefined) return { reason: 'heuristic', detail: broken }
  return findContamination(task, run) ?? outcomeOf(task, run).dropped // Its input may have come with the answer.
}

const rulesOf = ({ config }: Run): HeuristicSet => heuristics[config.filter.heuristics as keyof typeof heuristics]

function findContamination(task: Task, run: Run): Rejection | undefined {
  const repeated = run.contamination.find(task)
  return repeated === undefined ? undefined : { reason: 'contaminated', detail: `repeats the held-out task ${repeated}` }
}
