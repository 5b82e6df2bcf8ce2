import type { Task, Verifier } from '@sedi/spec'

// How assistants begin when they decline; at the start of an answer only.
const refusal =
  /^\W*(i['’]?m sorry|i am sorry|sorry,|i can(no|['’])t|i can not|i am unable|i['’]m unable|as an ai|as a language model|i (do not|don['’]t) have (access|the ability))/i

/**
 * verify(x): may this instruction become a seed? Schema, length and refusals always; the answer itself only where there is a verifier
 * that knows the task. A real run has no such oracle; reports say so. Returns why not, undefined when it may.
 */
export async function verifyPromotion(task: Task, verifier: Verifier | undefined): Promise<string | undefined> {
  const words = task.instruction.trim().split(/\s+/).length
  if (task.instruction.trim() === '' || task.output.trim() === '') return 'instruction or output is empty'
  if (words <= 3 || words > 150) return `the instruction has ${words} words, expected 4 to 150`
  if (task.output.trim() === task.input.trim()) return 'the output repeats the input'
  if (refusal.test(task.output)) return 'the output is a refusal'
  const judged = await verifier?.verify(task)
  return judged?.verdict === 'wrong' ? `the answer is wrong: ${judged.reason}` : undefined
}
