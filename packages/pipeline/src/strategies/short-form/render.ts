import type { Task } from '@sedi/spec'

export const shortTaskRules: readonly string[] = [
  '- Each asks for something else: vary the verb, the topic and the kind of task.',
  '- One or two sentences, a question or a command, for a model that only reads and writes text.',
  '- Where a task works on something, give it, concrete and realistic, in a line "Input: ...".',
]

/** `[4] instruction`, and below it the input if there is one. */
export const shortTask = (number: number, task: Task): string => `[${number}] ${withInput(task)}`

export function withInput({ instruction, input }: Task): string {
  const line = instruction.replace(/\s+/g, ' ').trim()
  return input === '' ? line : `${line}\nInput: ${input}`
}
