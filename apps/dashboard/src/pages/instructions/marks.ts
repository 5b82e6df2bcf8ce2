/** A piece of a text, and whether both texts have it. */
export type Piece = { readonly text: string; readonly common: boolean }

type Range = readonly [from: number, to: number]

/**
 * A text in pieces, alternately common and not. Ranges are half-open, in UTF-16 units; they may come in any order, touch and overlap, and what lies outside the
 * text is left out. Words that only spaces separate become one piece.
 */
export function piecesOf(text: string, ranges: readonly Range[]): Piece[] {
  const pieces: Piece[] = []
  let done = 0
  for (const [from, to] of joined(text, ranges)) {
    if (from > done) pieces.push({ text: text.slice(done, from), common: false })
    pieces.push({ text: text.slice(from, to), common: true })
    done = to
  }
  if (done < text.length) pieces.push({ text: text.slice(done), common: false })
  return pieces
}

function joined(text: string, ranges: readonly Range[]): Range[] {
  const merged: [number, number][] = []
  for (const [from, to] of [...ranges].sort(([a], [b]) => a - b)) {
    const [start, end] = [Math.max(from, 0), Math.min(to, text.length)]
    if (end <= start) continue
    const last = merged.at(-1)
    if (last !== undefined && text.slice(last[1], start).trim() === '') last[1] = Math.max(last[1], end)
    else merged.push([start, end])
  }
  return merged
}
