import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { repository } from '../similarity/paths.ts'

export type Row = Readonly<Record<string, string>>

/** The rows of all Markdown tables in a results file that have these columns, by column. */
export function readTable(file: string, columns: readonly string[]): Row[] {
  const rows: Row[] = []
  let header: string[] | undefined
  for (const line of readFileSync(join(repository, 'bench', 'results', file), 'utf8').split('\n')) {
    const cells = line.startsWith('|')
      ? line
          .slice(1, line.lastIndexOf('|'))
          .split('|')
          .map((cell) => cell.trim())
      : undefined
    if (cells === undefined) header = undefined
    else if (header === undefined) header = cells
    else if (!cells.every((cell) => /^-+$/.test(cell)) && columns.every((column) => header!.includes(column)))
      rows.push(Object.fromEntries(header.map((column, i) => [column, cells[i] ?? ''])))
  }
  if (rows.length === 0) throw new Error(`bench/results/${file}: expected a table with the columns ${columns.join(', ')}, found none.`)
  return rows
}

/** The first number in a cell: 28022 of `28,022 (54 %)`. */
export function numberOf(cell: string | undefined): number {
  const match = /-?[\d,]*\.?\d+/.exec(cell ?? '')
  if (match === null) throw new Error(`expected a number, found “${cell}”`)
  return Number(match[0].replaceAll(',', ''))
}
