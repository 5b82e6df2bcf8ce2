import { type Issue, issuesError } from '@sedi/spec'
import { readRows, taskOfRecord } from '@sedi/store'

export type TextRow = { readonly text: string; readonly line: number; readonly record: object }

/** The rows of a data file with the text of one field; broken rows go to `issues`, or stop the reading when `strict`. */
export async function* readTexts(path: string, field: string, issues: Issue[], strict = false): AsyncGenerator<TextRow> {
  for await (const row of readRows(path)) {
    const read = 'problem' in row ? row : textOf(row.value, field)
    if (!('problem' in read)) {
      yield { text: read.text, line: row.line, record: (row as { value: object }).value }
      continue
    }
    const issue = { path: `${path}:${row.line}`, code: 'broken-row', message: read.problem }
    if (strict) throw issuesError('invalid-input', 'A row cannot be used (--strict):', [issue])
    issues.push(issue)
  }
}

/** The named field of a record; for `instruction`, any of the record shapes we know. */
function textOf(record: unknown, field: string): { readonly text: string } | { readonly problem: string } {
  if (typeof record !== 'object' || record === null || Array.isArray(record))
    return { problem: `expected an object, got ${record === null ? 'null' : Array.isArray(record) ? 'an array' : typeof record}` }
  const value = (record as Record<string, unknown>)[field]
  if (typeof value === 'string') return { text: value }
  if (field === 'instruction') {
    const read = taskOfRecord(record)
    if ('task' in read) return { text: read.task.instruction }
  }
  return { problem: `expected a text in “${field}”, got ${value === undefined ? 'nothing' : value === null ? 'null' : typeof value}` }
}
