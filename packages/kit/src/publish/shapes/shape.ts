import type { Columns } from '@sedi/store'

/** A kept instruction, as a run has it. */
type KeptTask = { readonly id: string; readonly instruction: string; readonly input: string; readonly output: string }

export type ShapeOptions = {
  /** A system prompt that every row gets. @default none */
  readonly system?: string | undefined
}

/** One file in `shapes/` exports one of these; `id` is the file's name and what `--format` takes. Pure. */
export type RowShape = {
  readonly id: string
  /** Which fields, and who reads them; for help and docs. */
  readonly title: string
  /** File formats (ids) that readers of this shape take; undefined: all. Such a shape takes no further columns either. */
  readonly only?: readonly string[] | undefined
  columns(options: ShapeOptions): Columns
  /** Has a value for each of the columns, and nothing else. */
  row(task: KeptTask, options: ShapeOptions): Readonly<Record<string, unknown>>
}
