import type { Rng } from '../rng.ts'

/** The rows of an attractive batch that may become seeds. */
export type PickInput = {
  /** R rows, in batch order. */
  readonly count: number
  /** (R,) mean loss of each row when the batch was trained; for rules that rank. */
  readonly losses?: readonly number[] | undefined
  /** (R,) rows that a mask left out of the loss; undefined without a mask. */
  readonly masked?: readonly boolean[] | undefined
  readonly rng: Rng
}

/** One file in `picks/` exports one of these; `id` is the file's name. */
export type PickRule = {
  readonly id: string
  readonly title: string
  readonly needs: { readonly losses: boolean }
  /** Rows in the order in which they should be tried; the caller stops when enough have passed its checks. */
  order(input: PickInput): number[]
}
