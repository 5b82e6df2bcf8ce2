import { type HeldOutItem, type Issue, issuesError, type SeedTask, type Task } from '@sedi/spec'
import { readRows, taskOfRecord } from '@sedi/store'
import { fileOf } from './built-in-seeds.ts'

type Loaded = { readonly id: string; readonly record: Readonly<Record<string, unknown>>; readonly task: Task }

/** Human seeds from a file or a built-in set (`sedi:general`). Every broken row is reported; a seeds file must be whole. Rows without an id get `seed-001`, … by position. */
export async function loadSeeds(path: string): Promise<SeedTask[]> {
  const rows = await loadWhole(fileOf(path), 'seeds', (position) => `seed-${String(position).padStart(3, '0')}`)
  return rows.map(({ id, task }) => ({ ...task, id, origin: 'human' }))
}

/** A test set from a file: the output is the reference; `group` is a label to report by. */
export async function loadHeldOut(path: string): Promise<HeldOutItem[]> {
  const rows = await loadWhole(path, 'test items', (position) => `test-${String(position).padStart(4, '0')}`)
  return rows.map(({ id, record, task }) => ({
    id,
    instruction: task.instruction,
    input: task.input,
    reference: task.output,
    group: typeof record.group === 'string' ? record.group : '',
  }))
}

async function loadWhole(path: string, what: string, defaultId: (position: number) => string): Promise<Loaded[]> {
  const loaded: Loaded[] = []
  const issues: Issue[] = []
  const lineOfId = new Map<string, number>()
  for await (const row of readRows(path)) {
    const read = 'problem' in row ? row : taskOfRecord(row.value)
    if ('problem' in read) {
      issues.push({ path: `${path}:${row.line}`, code: 'broken-row', message: read.problem })
      continue
    }
    const record = (row as { value: Record<string, unknown> }).value
    const id = typeof record.id === 'string' && record.id !== '' ? record.id : defaultId(loaded.length + 1)
    const before = lineOfId.get(id)
    if (before !== undefined) issues.push({ path: `${path}:${row.line}`, code: 'duplicate-id', message: `the id “${id}” is used in line ${before} already` })
    lineOfId.set(id, row.line)
    loaded.push({ id, record, task: read.task })
  }
  if (issues.length > 0) throw issuesError('invalid-input', `The ${what} in ${path} cannot be used as they are:`, issues)
  if (loaded.length === 0)
    throw issuesError('invalid-input', `There are no ${what} in ${path}:`, [{ path, code: 'empty', message: 'expected at least one row' }])
  return loaded
}
