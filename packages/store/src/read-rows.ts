import { existsSync, statSync } from 'node:fs'
import { extname } from 'node:path'
import { SediError } from '@sedi/spec'
import type { FileFormat, RawRow } from './formats/format.ts'
import { formats } from './formats/registry.gen.ts'

/** The format of a file, by its ending. Throws `unsupported` with the endings there are. */
export function formatOf(path: string): FileFormat {
  const all: readonly FileFormat[] = Object.values(formats)
  const extension = extname(path).toLowerCase()
  const format = all.find(({ extensions }) => extensions.includes(extension))
  if (format !== undefined) return format
  throw new SediError('unsupported', `Cannot tell the format of ${path}: expected a name ending in ${all.flatMap(({ extensions }) => extensions).join(', ')}.`)
}

/** The records of a data file, in order, broken ones reported in their place. Throws `not-found` or `invalid-input` before the first row. */
export async function* readRows(path: string): AsyncGenerator<RawRow> {
  if (!existsSync(path)) throw new SediError('not-found', `There is no file ${path}.`)
  if (!statSync(path).isFile()) throw new SediError('invalid-input', `${path} is not a file.`)
  yield* formatOf(path).read(path)
}
