import { type Issue, issuesError } from '@sedi/spec'
import { readRows } from '@sedi/store'

/**
 * Every row of a data file that must be whole. Throws `invalid-input` with every broken row and every id that is used twice, or when there is no row.
 *
 * @param what what the rows are, for messages: `seeds`
 * @param read makes of a row's value what it is, or says what is wrong with it; `position` counts from 1, for rows without an id
 */
export async function loadUnique<T extends { readonly id: string }>(
  path: string,
  what: string,
  read: (value: unknown, position: number) => T | { readonly problem: string },
): Promise<T[]> {
  const loaded: T[] = []
  const issues: Issue[] = []
  const lineOfId = new Map<string, number>()
  for await (const row of readRows(path)) {
    const one = 'problem' in row ? row : read(row.value, loaded.length + 1)
    if ('problem' in one) {
      issues.push({ path: `${path}:${row.line}`, code: 'broken-row', message: one.problem })
      continue
    }
    const before = lineOfId.get(one.id)
    if (before !== undefined)
      issues.push({ path: `${path}:${row.line}`, code: 'duplicate-id', message: `the id “${one.id}” is used in line ${before} already` })
    lineOfId.set(one.id, row.line)
    loaded.push(one)
  }
  if (issues.length > 0) throw issuesError('invalid-input', `The ${what} in ${path} cannot be used as they are:`, issues)
  if (loaded.length === 0)
    throw issuesError('invalid-input', `There are no ${what} in ${path}:`, [{ path, code: 'empty', message: 'expected at least one row' }])
  return loaded
}
