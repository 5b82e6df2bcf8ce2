import { type Ledger, SediError } from '@sedi/spec'
import { type Columns, formats } from '@sedi/store'
import { type ExtraColumnName, extraColumns, readExtras } from './extra-columns.ts'
import { shapes } from './shapes/registry.gen.ts'
import type { RowShape, ShapeOptions } from './shapes/shape.ts'

export type RowOptions = ShapeOptions & {
  /** The fields of a row: a shape's id. @default 'instructions' */
  readonly shape?: string | undefined
  /** Columns beside them, in this order. @default none */
  readonly extras?: readonly string[] | undefined
}

/** Rows of a run with the types of their columns. */
export type RowSource = {
  readonly shape: RowShape
  readonly columns: Columns
  /** In run order; only those whose place among the kept instructions passes. */
  rows(passes?: (index: number) => boolean): AsyncGenerator<Readonly<Record<string, unknown>>>
}

/** For options of commands. */
export const rowShapeNames: readonly string[] = Object.keys(shapes)

/** Of them, those whose rows can be Parquet, which is what the hub is given. */
export const publishedShapeNames: readonly string[] = Object.values<RowShape>(shapes).flatMap(({ id, only }) =>
  only === undefined || only.includes('parquet') ? [id] : [],
)
export const extraColumnNames: readonly string[] = Object.keys(extraColumns)

export const rowShapeTitles: Readonly<Record<string, string>> = Object.fromEntries(Object.values(shapes).map(({ id, title }) => [id, title]))
export const extraColumnTitles: Readonly<Record<string, string>> = Object.fromEntries(Object.entries(extraColumns).map(([name, { title }]) => [name, title]))

/**
 * The kept instructions of a run as rows. Throws `invalid-config` for a shape, a column or (given `format`) a file format that do not go together.
 *
 * @param format id of the file format the rows are for
 */
export function createRowSource(ledger: Ledger, { shape: name = 'instructions', extras = [], system }: RowOptions, format?: string): RowSource {
  const shape = shapes[name as keyof typeof shapes] as RowShape | undefined
  if (shape === undefined) throw new SediError('invalid-config', `--format: expected one of ${rowShapeNames.join(', ')}; got ${name}.`)
  const names = extras.map(extraColumnName)
  if (shape.only !== undefined && names.length > 0)
    throw new SediError('invalid-config', `--format ${name} has no room for other columns (${names.join(', ')}): its readers refuse them. Leave --with out.`)
  if (shape.only !== undefined && format !== undefined && !shape.only.includes(format)) {
    const endings = shape.only.flatMap((id) => formats[id as keyof typeof formats].extensions)
    throw new SediError('invalid-config', `--format ${name} is read from files ending in ${endings.join(', ')} only. For other files: --format messages.`)
  }
  const options = { system }
  const own = shape.columns(options)
  const added = names.filter((one) => !(one in own))
  return {
    shape,
    columns: { ...own, ...Object.fromEntries(added.map((one) => [one, extraColumns[one].type])) },
    async *rows(passes = () => true) {
      const extrasOf = await readExtras(ledger, added)
      let index = 0
      for await (const candidate of ledger.scan('candidate', { verdict: 'kept' })) {
        if (passes(index++)) yield { ...shape.row(candidate, options), ...extrasOf(candidate) }
      }
    },
  }
}

function extraColumnName(name: string): ExtraColumnName {
  if (extraColumnNames.includes(name)) return name as ExtraColumnName
  throw new SediError('invalid-config', `--with: expected some of ${extraColumnNames.join(', ')}; got ${name}.`)
}
