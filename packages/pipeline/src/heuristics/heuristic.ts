import type { Task } from '@sedi/spec'

/** One file in `heuristics/` exports one of these; `id` is the file's name. A set of named rules, applied before similarity. */
export type HeuristicSet = {
  readonly id: string
  readonly title: string
  /** The first rule the task breaks and how, `length: 2 words, expected 4 to 150`; undefined when it breaks none. */
  check(task: Task): string | undefined
}
