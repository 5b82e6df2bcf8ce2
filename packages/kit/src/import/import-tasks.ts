import { basename, extname } from 'node:path'
import { createRng } from '@sedi/core'
import { type Issue, issuesError, type Task } from '@sedi/spec'
import { formatOf, readRows, type Shape, shapeNamed, shapeNames, shapeOf, taskOfRecord, writeRows } from '@sedi/store'

/** What `ImportTasksOptions.shape` may be. */
export const importShapeNames: readonly string[] = shapeNames

export type ImportTasksOptions = {
  /** The shape of the records. @default each record’s own, as it looks */
  readonly shape?: string | undefined
  /** Writes only so many, drawn with equal chances, in the file’s order. @default all */
  readonly sample?: number | undefined
  /** Of the draw. @default 1 */
  readonly randomSeed?: number | undefined
  /** Fail on the first row that cannot be used, and write nothing. @default false */
  readonly strict?: boolean | undefined
}

export type ImportedTasks = {
  readonly from: string
  readonly out: string
  /** The container: `jsonl`, `parquet`. */
  readonly format: string
  /** How many records had which shape; usable ones. */
  readonly shapes: Readonly<Record<string, number>>
  readonly rows: number
  readonly written: number
  /** Left out because instruction and input were there already. */
  readonly repeated: number
  /** Left out by `sample`. */
  readonly notDrawn: number
  readonly broken: number
  /** Conversations of which only the first exchange was taken. */
  readonly shortened: number
  /** The first broken rows. */
  readonly issues: readonly Issue[]
}

type ImportedRow = Task & { readonly id: string }

const keptIssues = 100
const columns = { id: 'string', instruction: 'string', input: 'string', output: 'string' } as const

/**
 * Reads the tasks of a data file, whatever shape its records have, and writes them as SeDi's own: `id, instruction, input, output`. Repeated tasks
 * are left out, ids are kept where they are texts and no other row has them. `out` appears when all is written. Memory: the sample, and a key
 * for each task.
 *
 * Throws `invalid-input` when no row can be used, `not-found`, `unsupported`, `storage`.
 */
export async function importTasks(
  from: string,
  out: string,
  { shape: shapeId, sample, randomSeed = 1, strict = false }: ImportTasksOptions = {},
): Promise<ImportedTasks> {
  const forced = shapeId === undefined ? undefined : shapeNamed(shapeId)
  formatOf(out)
  const counts = { rows: 0, repeated: 0, broken: 0, shortened: 0 }
  const shapes: Record<string, number> = {}
  const issues: Issue[] = []
  const seen = new Set<string>()
  const nextId = createIds(basename(from, extname(from)))

  async function* tasks(): AsyncGenerator<ImportedRow> {
    for await (const row of readRows(from)) {
      counts.rows++
      const shape: Shape | undefined = forced ?? ('value' in row ? shapeOf(row.value) : undefined)
      const read = 'problem' in row ? row : taskOfRecord(row.value, shape)
      if ('problem' in read) {
        const issue = { path: `${from}:${row.line}`, code: 'broken-row', message: read.problem }
        if (strict) throw issuesError('invalid-input', 'A row cannot be used (--strict):', [issue])
        counts.broken++
        if (issues.length < keptIssues) issues.push(issue)
        continue
      }
      const key = `${read.task.instruction}\u0000${read.task.input}`
      if (seen.has(key)) {
        counts.repeated++
        continue
      }
      seen.add(key)
      const name = shape?.id ?? 'alpaca'
      shapes[name] = (shapes[name] ?? 0) + 1
      if (read.turnsLeftOut !== undefined) counts.shortened++
      yield { id: nextId((row as { value: { id?: unknown } }).value.id, row.line), ...read.task }
    }
    if (seen.size === 0) {
      const none = { path: from, code: 'empty', message: 'expected at least one row that can be used' }
      throw issuesError('invalid-input', `There are no tasks in ${from}:`, issues.length > 0 ? issues.slice(0, 10) : [none])
    }
  }

  const written = await writeRows(out, sample === undefined ? tasks() : drawn(tasks(), sample, randomSeed), columns)
  return { from, out, format: formatOf(from).id, shapes, written, notDrawn: seen.size - written, issues, ...counts }
}

/** A given id where it is a text that nobody has yet, else the file's name and the line. */
function createIds(stem: string): (given: unknown, line: number) => string {
  const taken = new Set<string>()
  return (given, line) => {
    let id = typeof given === 'string' && given !== '' ? given : `${stem}-${line}`
    for (let n = 2; taken.has(id); n++) id = `${stem}-${line}${n === 2 ? '' : `-${n}`}`
    taken.add(id)
    return id
  }
}

/** A sample of equal chances in one pass (Vitter 1985, algorithm R), in the order of the rows. */
async function* drawn(rows: AsyncIterable<ImportedRow>, size: number, randomSeed: number): AsyncGenerator<ImportedRow> {
  const rng = createRng(randomSeed)
  const sample: { readonly at: number; readonly row: ImportedRow }[] = []
  let at = 0
  for await (const row of rows) {
    if (at < size) sample.push({ at, row })
    else {
      const place = rng.int(at + 1)
      if (place < size) sample[place] = { at, row }
    }
    at++
  }
  for (const { row } of sample.toSorted((a, b) => a.at - b.at)) yield row
}
