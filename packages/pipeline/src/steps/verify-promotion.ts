import type { Flag, Task, Verifier } from '@sedi/spec'
import { isRefusal } from '../checks/refusal.ts'

export type PromotionEvidence = {
  /** What the checks saw in it when it was a candidate. A check set to `flag` keeps an instruction in the data, but a seed writes more like itself. */
  readonly flags: readonly Flag[]
  readonly verifier: Verifier | undefined
}

/**
 * verify(x): may this instruction become a seed? Schema, length, refusals and the run's checks always; the answer itself only where there is a
 * verifier that knows the task. A real run has no such oracle; reports say so. Returns why not, undefined when it may.
 */
export async function verifyPromotion(task: Task, { flags, verifier }: PromotionEvidence): Promise<string | undefined> {
  const words = task.instruction.trim().split(/\s+/).length
  if (task.instruction.trim() === '' || task.output.trim() === '') return 'instruction or output is empty'
  if (words <= 3 || words > 150) return `the instruction has ${words} words, expected 4 to 150`
  if (task.output.trim() === task.input.trim()) return 'the output repeats the input'
  if (flags.length > 0) return flags.map(({ check, detail }) => `${check}: ${detail}`).join('; ')
  if (isRefusal(task.output)) return 'refusal: the output is a refusal'
  const judged = await verifier?.verify(task)
  return judged?.verdict === 'wrong' ? `the answer is wrong: ${judged.reason}` : undefined
}
