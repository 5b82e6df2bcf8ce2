import type { HeldOutItem, Task } from '@sedi/spec'

/** The held-out tasks, asked whether a candidate repeats one: same instruction and input apart from case, spaces and punctuation. */
export type HeldOutTasks = { find(task: Task): string | undefined }

export function createHeldOutTasks(items: readonly HeldOutItem[]): HeldOutTasks {
  const normal = (task: { readonly instruction: string; readonly input: string }): string =>
    `${task.instruction}\n${task.input}`
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, ' ')
      .trim()
  const known = new Map(items.map((item) => [normal(item), item.id]))
  return { find: (task) => known.get(normal(task)) }
}
