import { readFile } from 'node:fs/promises'
import { SediError } from '@sedi/spec'
import type { FileFormat } from './format.ts'

/** One JSON array of records, as Alpaca’s data files are. Read whole. */
export default {
  id: 'json',
  extensions: ['.json'],
  async *read(path) {
    const rows = parseArray(await readFile(path, 'utf8'), path)
    for (const [i, value] of rows.entries()) yield { line: i + 1, value }
  },
} satisfies FileFormat

function parseArray(text: string, path: string): unknown[] {
  let value: unknown
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    throw new SediError('invalid-input', `${path} is not valid JSON (${(error as Error).message}). Files with one record per line are called .jsonl.`, {
      cause: error,
    })
  }
  if (Array.isArray(value)) return value
  throw new SediError('invalid-input', `${path}: expected a JSON array of records, got ${value === null ? 'null' : typeof value}.`)
}
