import type { ReactElement, ReactNode } from 'react'

type Props = { readonly name: string; readonly value: ReactNode; readonly note?: ReactNode; readonly tone?: 'good' | 'warn' | 'bad' | undefined }

/** One figure with its name; several stand in a `<StatTiles>`. */
export function StatTile({ name, value, note, tone }: Props): ReactElement {
  return (
    <div className={`stat-tile ${tone ?? ''}`}>
      <dt>{name}</dt>
      <dd>
        <span className="stat-value">{value}</span>
        {note !== undefined && note !== null && note !== false && <span className="stat-note">{note}</span>}
      </dd>
    </div>
  )
}

export function StatTiles({ children, label }: { readonly children: ReactNode; readonly label: string }): ReactElement {
  return (
    <dl className="stat-tiles" aria-label={label}>
      {children}
    </dl>
  )
}
