import type { CallFact, Flag, Task } from '@sedi/spec'
import type { CheckContext, CheckOutcome } from '../checks/index.ts'
import type { Run } from '../run-context.ts'

const unchecked: CheckOutcome = { dropped: undefined, flags: [] }

/** Runs the checks on tasks of one call, together, so that a service is asked once; `outcomeOf` then knows what came of each. */
export async function checkCandidates(tasks: readonly Task[], call: CallFact, run: Run): Promise<void> {
  if (run.checks.active.length === 0) return
  const outcomes = await run.checks.run(tasks, contextOf(call, run), { signal: run.stop })
  for (const [i, task] of tasks.entries()) run.checked.set(task, outcomes[i]!)
}

/** What the checks said about a task; nothing where it was not looked at. */
export const outcomeOf = (task: Task, run: Run): CheckOutcome => run.checked.get(task) ?? unchecked

export const flagsOf = (task: Task, run: Run): readonly Flag[] => outcomeOf(task, run).flags

/** What the call showed the teacher: its messages, and the examples in them. */
function contextOf(call: CallFact, run: Run): CheckContext {
  const seeds = new Map(run.seeds.active().map((seed) => [seed.id, seed]))
  return {
    prompt: call.request.messages.map(({ content }) => content),
    seeds: call.seedIds.flatMap((id) => seeds.get(id) ?? run.pool.get(id) ?? []),
  }
}
