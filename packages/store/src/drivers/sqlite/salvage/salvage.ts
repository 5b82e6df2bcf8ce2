import { DatabaseSync } from 'node:sqlite'
import type { Fact, FactKind, Recorded, Salvage } from '@sedi/spec'
import { checksumOf } from '../checksum.ts'
import { type Column, columnsOf, factOf } from '../fact-rows.ts'
import { migrate } from '../migrations.ts'
import { factKinds } from '../tables.ts'
import { readTailMark } from '../tail-mark.ts'
import { openPages } from './pages.ts'
import { cellsOf, recordAt } from './records.ts'

type Place = { readonly kind: FactKind; readonly source: number; readonly cell: number }

/** A kind's table: its fields, where in a record they and the checksum are, and how many columns a record has. */
type Shape = {
  readonly kind: FactKind
  readonly columns: readonly Column[]
  readonly places: readonly number[]
  readonly checksumPlace: number
  readonly width: number
}

/**
 * Reads a ledger page by page, without SQLite: damage anywhere, even in the root of a table, costs only the facts on the damaged pages.
 * A row is recognised by its checksum, which says what kind of fact it is. The facts themselves are read again when they are asked for,
 * so memory grows with their number, not their size.
 */
export function salvageLedger(path: string): Salvage {
  const shapes = currentShapes()
  const pages = openPages(path)
  const places = new Map<number, Place>()
  // Newest first: a page of the log stands for more than the one it replaces.
  for (let source = pages.count - 1; source >= 0; source--) {
    const page = pages.read(source)
    for (const cell of cellsOf(page, pages.numberOf(source))) {
      const record = recordAt(pages, page, cell)
      if (record === undefined || places.has(record.rowid)) continue
      const shape = shapes.find((one) => record.values.length === one.width && isWhole(record.rowid, record.values, one))
      if (shape !== undefined) places.set(record.rowid, { kind: shape.kind, source, cell })
    }
  }
  const seqs = [...places.keys()].sort((a, b) => a - b)
  const recorded = Math.max(readTailMark(path), seqs.at(-1) ?? 0)
  return {
    found: seqs.length,
    recorded,
    missing: gapsIn(seqs, recorded),
    *facts(): Generator<Recorded<Fact>> {
      for (const seq of seqs) {
        const { kind, source, cell } = places.get(seq)!
        const { values } = recordAt(pages, pages.read(source), cell)!
        const shape = shapes.find((one) => one.kind === kind)!
        yield factOf(kind, seq, checksumIn(values, shape), valuesIn(values, shape), shape.columns)
      }
    },
    close: () => pages.close(),
  }
}

/** The tables as this version lays them out. */
function currentShapes(): Shape[] {
  const model = new DatabaseSync(':memory:')
  migrate(model)
  const shapes = factKinds.map((kind): Shape => {
    const all = model.prepare(`PRAGMA table_info(${kind.replaceAll('-', '_')})`).all()
    const names = all.map(({ name }) => String(name))
    const columns = columnsOf(model, kind)
    return { kind, columns, places: columns.map(({ column }) => names.indexOf(column)), checksumPlace: names.indexOf('checksum'), width: names.length }
  })
  model.close()
  return shapes
}

const valuesIn = (values: Parameters<typeof factOf>[3], { places }: Shape) => places.map((place) => values[place] ?? null)

const checksumIn = (values: readonly unknown[], { checksumPlace }: Shape): number => Number(values[checksumPlace])

function isWhole(rowid: number, values: Parameters<typeof factOf>[3], shape: Shape): boolean {
  return checksumOf(shape.kind, rowid, valuesIn(values, shape)) === checksumIn(values, shape)
}

function gapsIn(seqs: readonly number[], recorded: number): [number, number][] {
  const gaps: [number, number][] = []
  let expected = 1
  for (const seq of [...seqs, recorded + 1]) {
    if (seq > expected) gaps.push([expected, seq - 1])
    expected = seq + 1
  }
  return gaps
}
