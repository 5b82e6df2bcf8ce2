import type { Columns } from '../columns.ts'

/** One record of a file, or what is wrong with it. `line` counts from 1 (in a JSON array or a table: the element). */
export type RawRow = { readonly line: number; readonly value: unknown } | { readonly line: number; readonly problem: string }

/** One file in `formats/` exports one of these; `id` is the file's name. */
export type FileFormat = {
  readonly id: string
  /** File endings it answers to, with the dot. */
  readonly extensions: readonly string[]
  /** Rows in file order; a broken row is reported and does not stop the others. Throws SediError `invalid-input` when the file as a whole is not of this format. */
  read(path: string): AsyncIterable<RawRow>
  /** Writes rows, as they come, to a file that is replaced. The same rows give the same bytes. May throw what Node's file functions throw. */
  write(path: string, rows: AsyncIterable<object>, columns: Columns): Promise<void>
}
