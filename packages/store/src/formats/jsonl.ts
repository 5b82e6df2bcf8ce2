import { readLines } from '../read-lines.ts'
import { writeTexts } from '../write-texts.ts'
import type { FileFormat, RawRow } from './format.ts'

/** JSON lines: one JSON value per line; empty lines are skipped. Read in bounded memory. */
export default {
  id: 'jsonl',
  extensions: ['.jsonl', '.ndjson'],
  async *read(path) {
    let line = 0
    for await (const raw of readLines(path)) {
      line++
      const text = line === 1 ? raw.replace(/^\uFEFF/, '') : raw
      if (text.trim() !== '') yield parseLine(text, line)
    }
  },
  write: (path, rows) => writeTexts(path, lines(rows)),
} satisfies FileFormat

async function* lines(rows: AsyncIterable<object>): AsyncGenerator<string> {
  for await (const row of rows) yield `${JSON.stringify(row)}\n`
}

function parseLine(text: string, line: number): RawRow {
  try {
    return { line, value: JSON.parse(text) }
  } catch (error) {
    return { line, problem: `not valid JSON (${(error as Error).message})` }
  }
}
