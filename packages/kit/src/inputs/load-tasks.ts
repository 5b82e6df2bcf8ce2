import type { HeldOutItem, SeedTask, Task } from '@sedi/spec'
import { taskOfRecord } from '@sedi/store'
import { fileOf } from './built-in-seeds.ts'
import { loadUnique } from './load-unique.ts'

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

function loadWhole(path: string, what: string, defaultId: (position: number) => string): Promise<Loaded[]> {
  return loadUnique(path, what, (value, position) => {
    const read = taskOfRecord(value)
    if ('problem' in read) return read
    const record = value as Loaded['record']
    const id = typeof record.id === 'string' && record.id !== '' ? record.id : defaultId(position)
    return { id, record, task: read.task }
  })
}
