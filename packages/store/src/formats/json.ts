import { readFile } from 'node:fs/promises'
import { SediError } from '@sedi/spec'
import { writeTexts } from '../write-texts.ts'
import type { FileFormat } from './format.ts'
import jsonl from './jsonl.ts'

/** One JSON array of records, as Alpaca’s data files are. Read whole. A file of this name that has a record in each line is read as JSON lines. */
export default {
  id: 'json',
  extensions: ['.json'],
  async *read(path) {
    const text = await readFile(path, 'utf8')
    if (hasLines(text)) {
      yield* jsonl.read(path)
      return
    }
    for (const [i, value] of parseArray(text, path).entries()) yield { line: i + 1, value }
  },
  write: (path, rows) => writeTexts(path, elements(rows)),
} satisfies FileFormat

/** An element per line, so that two files can be compared by their lines. */
async function* elements(rows: AsyncIterable<object>): AsyncGenerator<string> {
  let before = '[\n'
  for await (const row of rows) {
    yield `${before}${JSON.stringify(row)}`
    before = ',\n'
  }
  yield before === '[\n' ? '[]\n' : '\n]\n'
}

/** Whether the first line is an object by itself and something comes after it. */
function hasLines(text: string): boolean {
  const [, first = '', rest = ''] = /^\uFEFF?(\{[^\n]*\})\r?\n([\s\S]*)/.exec(text) ?? []
  if (rest.trim() === '') return false
  try {
    JSON.parse(first)
    return true
  } catch {
    return false
  }
}

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
