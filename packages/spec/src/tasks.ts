/** One instruction task: what to do, what to do it with, the answer. `input` is '' when the instruction needs none. */
export type Task = {
  readonly instruction: string
  readonly input: string
  readonly output: string
}

/** A task that may be shown to the teacher as an example. Human seeds come from the seeds file, machine seeds were promoted by feedback. */
export type SeedTask = Task & {
  readonly id: string
  readonly origin: 'human' | 'machine'
}

/** One item of a held-out test set. */
export type HeldOutItem = {
  readonly id: string
  readonly instruction: string
  readonly input: string
  /** The gold answer. */
  readonly reference: string
  /** A label to report by (the world's kind of task); '' when the set has none. */
  readonly group: string
}

/**
 * The prompt a student sees for a task: the instruction, then the input after a blank line.
 * Training and evaluation share it, so a model is asked in the form it was taught.
 */
export function studentPrompt(task: { readonly instruction: string; readonly input: string }): string {
  return task.input === '' ? task.instruction : `${task.instruction}\n\n${task.input}`
}
