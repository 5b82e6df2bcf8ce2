import type { Task, Verification } from '@sedi/spec'
import type { Recogniser } from './recognise.ts'
import { plainAnswer } from './teacher/rewording.ts'

/**
 * Says whether a task's answer is right, from its text alone; `unknown` when it is no task of the universe. An answer may explain itself if
 * its last line says “Answer: …”.
 */
export function checkTask(task: Task, { recognise }: Recogniser): Verification {
  const found = recognise(task)
  if (found === undefined) return { verdict: 'unknown', reason: 'no kind of task in this world is put like this' }
  const expected = found.kind.answer(found.values)
  if (sameAnswer(plainAnswer(withoutExplanation(task.output)), expected, found.kind.caseMatters))
    return { verdict: 'right', reason: `${found.kind.id}: the answer is "${expected}"` }
  return { verdict: 'wrong', reason: `${found.kind.id}: expected "${expected}", got "${excerpt(task.output)}"` }
}

/** Whether two answers are the same but for spaces, a final full stop and, unless it matters, letter case. */
export function sameAnswer(a: string, b: string, caseMatters: boolean): boolean {
  const normalised = [a, b].map((answer) => {
    const plain = answer.trim().replace(/\s+/g, ' ').replace(/\.$/, '')
    return caseMatters ? plain : plain.toLowerCase()
  })
  return normalised[0] === normalised[1]
}

function withoutExplanation(output: string): string {
  const line = output.trimEnd().lastIndexOf('\nAnswer:')
  return line < 0 ? output : output.slice(line + '\nAnswer:'.length)
}

function excerpt(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`
}
