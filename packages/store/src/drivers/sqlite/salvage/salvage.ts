import { DatabaseSync } from 'node:sqlite'
import { type Fact, type FactKind, factKinds, type Recorded, type Salvage } from '@sedi/spec'
import { addedFields } from '../../../added-fields.ts'
import { checksumOf } from '../../../facts/checksum.ts'
import { snakeCase } from '../../../facts/tables.ts'
import { type Column, columnsOf, factOf } from '../fact-rows.ts'
import { migrations } from '../migrations.ts'
import { readTailMark } from '../tail-mark.ts'
import { openPages } from './pages.ts'
import { cellsOf, recordAt } from './records.ts'

type Place = { readonly shape: Shape; readonly source: number; readonly cell: number }

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
  const shapes = knownShapes()
  const pages = openPages(path)
  const places = new Map<number, Place>()
  // Newest first: a page of the log stands for more than the one it replaces.
  for (let source = pages.count - 1; source >= 0; source--) {
    const page = pages.read(source)
    for (const cell of cellsOf(page, pages.numberOf(source))) {
      const record = recordAt(pages, page, cell)
      if (record === undefined || places.has(record.rowid)) continue
      const shape = shapes.find((one) => record.values.length === one.width && isWhole(record.rowid, record.values, one))
      if (shape !== undefined) places.set(record.rowid, { shape, source, cell })
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
        const { shape, source, cell } = places.get(seq)!
        const { values } = recordAt(pages, pages.read(source), cell)!
        const fact = factOf(shape.kind, seq, checksumIn(values, shape), valuesIn(values, shape), shape.columns)
        yield { ...addedFields[shape.kind], ...fact } as Recorded<Fact>
      }
    },
    close: () => pages.close(),
  }
}

/** The first layout whose rows have checksums. */
const firstWithChecksums = 2

/** The tables as this version lays them out, then as earlier ones did. */
function knownShapes(): Shape[] {
  const layouts = migrations.map((_, i) => i + 1).filter((layout) => layout >= firstWithChecksums)
  return layouts.reverse().flatMap(shapesOf)
}

function shapesOf(layout: number): Shape[] {
  const model = new DatabaseSync(':memory:', { enableForeignKeyConstraints: false })
  for (const step of migrations.slice(0, layout)) step(model)
  const shapes = factKinds.flatMap((kind): Shape[] => {
    const all = model.prepare(`PRAGMA table_info(${snakeCase(kind)})`).all()
    if (all.length === 0) return []
    const names = all.map(({ name }) => String(name))
    const columns = columnsOf(model, kind)
    return [{ kind, columns, places: columns.map(({ column }) => names.indexOf(column)), checksumPlace: names.indexOf('checksum'), width: names.length }]
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
