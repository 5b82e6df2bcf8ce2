import type { Task } from '@sedi/spec'

/** One file in `heuristics/` exports one of these; `id` is the file's name. A set of named rules, applied before similarity. */
export type HeuristicSet = {
  readonly id: string
  readonly title: string
  /**
   * The first rule the task breaks and how, `length: 2 words, expected 4 to 150`; undefined when it breaks none. Looks at instruction and
   * input: where answers are bought later, the output is still empty.
   */
  check(task: Task): string | undefined
  /** The same for what the output may break; asked as soon as there is one. */
  checkAnswer?(task: Task): string | undefined
}
