import type { ReactElement, ReactNode } from 'react'

export type TableData = {
  readonly head: readonly string[]
  readonly rows: readonly (readonly ReactNode[])[]
  readonly caption?: string | undefined
  /** Columns of text; the others are figures and stand to the right. @default the first */
  readonly textColumns?: readonly number[] | undefined
}

const shown = 200

/** A plain table of figures: the first cell of a row names it. Long ones are cut, and say so. */
export function DataTable({ head, rows, caption, textColumns = [0] }: TableData): ReactElement {
  const look = (column: number): string => (textColumns.includes(column) ? '' : 'figure')
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
    <section className="table-scroll" aria-label={caption === undefined ? 'Table' : `${caption}, table`} tabIndex={0}>
      <table>
        {caption !== undefined && <caption className="hidden-text">{caption}</caption>}
        <thead>
          <tr>
            {head.map((name, column) => (
              <th key={name} scope="col" className={look(column)}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, shown).map((cells, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows of figures have no other name
            <tr key={i}>
              {cells.map((cell, column) =>
                column === 0 ? (
                  // biome-ignore lint/suspicious/noArrayIndexKey: a cell is its column
                  <th key={column} scope="row" className={look(column)}>
                    {cell}
                  </th>
                ) : (
                  // biome-ignore lint/suspicious/noArrayIndexKey: a cell is its column
                  <td key={column} className={look(column)}>
                    {cell}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > shown && (
        <p className="muted">
          The first {shown} of {rows.length} rows; the HTTP API has all of them.
        </p>
      )}
    </section>
  )
}
