import type { Rng } from '@sedi/core'
import type { Task } from '@sedi/spec'
import { writeNumberedTask } from '../numbered-tasks.ts'

export const remarks = [
  'I left this one out, because it would repeat an earlier task.',
  'Note: the next tasks are a little harder.',
  'Let me know if you want other topics as well.',
]

/** A task as teachers get it wrong: no parser can read one well-formed task out of it. */
export function malformedTask(number: number, task: Task, rng: Rng): string {
  const whole = writeNumberedTask(number, task)
  const [input, output] = [`${number}. Input:`, `${number}. Output:`]
  const ways: readonly (() => string)[] = [
    () => whole.split(`${input}\n`).join(''),
    () => whole.slice(0, whole.lastIndexOf(`\n${output}`)),
    () => whole.slice(0, whole.lastIndexOf(output) + output.length),
    () => `${whole}\n${whole.slice(whole.indexOf(`${input}\n`))}`,
    () => `${number}. ${rng.pick(remarks)}`,
  ]
  return rng.pick(ways)()
}
