import type { Task } from '@sedi/spec'
import type { FamilyKind } from './universe.ts'
import type { Values, Wording } from './wording.ts'

/** A task taken apart: what is asked, how it is put, and what is said around it. */
export type Item = {
  readonly kind: FamilyKind
  readonly wording: Wording
  /** The words chosen in the wording's `[…]`. */
  readonly chosen: readonly string[]
  readonly values: Values
  /** In [0, 1): how operands are spelled (see Slot.render). */
  readonly style: number
  /** What is said before and after the question; '' for nothing. */
  readonly prefix: string
  readonly suffix: string
}

/** The item as a task with the right answer. */
export function writeItem(item: Item): Task {
  const { instruction, input } = item.wording.write(item.values, item.chosen, item.style)
  return { instruction: [item.prefix, instruction, item.suffix].filter((part) => part !== '').join(' '), input, output: item.kind.answer(item.values) }
}
