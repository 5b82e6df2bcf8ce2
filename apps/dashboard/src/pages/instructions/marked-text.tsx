import type { ReactElement } from 'react'
import { piecesOf } from './marks.ts'

/** A text with the words marked that another one has as well. */
export function MarkedText({ text, ranges }: { readonly text: string; readonly ranges: readonly (readonly [number, number])[] }): ReactElement {
  return (
    <p className="task-text">
      {piecesOf(text, ranges).map(({ text: piece, common }, i) =>
        // biome-ignore lint/suspicious/noArrayIndexKey: a piece is its place
        common ? <mark key={i}>{piece}</mark> : <span key={i}>{piece}</span>,
      )}
    </p>
  )
}
