import type { Rng } from '../rng.ts'

/** The rows of an attractive batch that may become seeds. */
export type PickInput = {
  /** R rows, in batch order. */
  readonly count: number
  /** (R,) mean loss of each row when the batch was trained; for rules that rank. */
  readonly losses?: readonly number[] | undefined
  readonly rng: Rng
}

/** One file in `picks/` exports one of these; `id` is the file's name. */
export type PickRule = {
  readonly id: string
  readonly title: string
  readonly needs: { readonly losses: boolean }
  /** All rows in the order in which they should be tried; the caller stops when enough have passed its checks. */
  order(input: PickInput): number[]
}
