import { SediError } from '@sedi/spec'
import type { Columns } from './columns.ts'
import { formatOf } from './read-rows.ts'
import { replaceFile } from './replace-file.ts'

/**
 * Writes rows in the format that the name ends in, and returns how many there were. The file appears under its name when it is complete: a reader
 * never sees half of it, and a file that was there stays until then.
 *
 * Throws `unsupported` for an ending that nothing writes, `storage` when the file cannot be written; what `rows` throws is passed on.
 */
export async function writeRows(path: string, rows: AsyncIterable<object>, columns: Columns): Promise<number> {
  const format = formatOf(path)
  const file = replaceFile(path)
  let count = 0
  async function* counted(): AsyncGenerator<object> {
    for await (const row of rows) {
      count++
      yield row
    }
  }
  try {
    await format.write(file.path, counted(), columns)
    await file.commit()
  } catch (error) {
    await file.abandon()
    if (SediError.is(error) || typeof (error as NodeJS.ErrnoException).syscall !== 'string') throw error
    throw new SediError('storage', `Cannot write ${path}: ${(error as Error).message}.`, { cause: error })
  }
  return count
}
