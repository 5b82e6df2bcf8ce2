/** Rows are fetched in windows of this many: a screen's worth several times over, and about 60 KB. */
export const windowRows = 200

/** The numbers of the windows that hold rows `first` to `last` (inclusive) of `total`, in order; none for no rows. */
export function windowsOf(first: number, last: number, total: number): number[] {
  const end = Math.min(last, total - 1)
  if (end < first || end < 0) return []
  const from = Math.floor(Math.max(first, 0) / windowRows)
  const to = Math.floor(end / windowRows)
  return Array.from({ length: to - from + 1 }, (_, i) => from + i)
}

/** Where row `index` is: the window and its place in it. */
export const placeOf = (index: number): { readonly window: number; readonly place: number } => ({
  window: Math.floor(index / windowRows),
  place: index % windowRows,
})

/** The row that a key leads to from row `from` of `total`; undefined for keys that move nothing. `page` rows are seen at once. */
export function rowAfterKey(key: string, from: number, { total, page }: { readonly total: number; readonly page: number }): number | undefined {
  const to = targets.get(key)?.(from, total - 1, Math.max(page - 1, 1))
  return to === undefined || total === 0 ? undefined : Math.min(Math.max(to, 0), total - 1)
}

type Move = (from: number, last: number, page: number) => number

const targets: ReadonlyMap<string, Move> = new Map<string, Move>([
  ['ArrowDown', (from) => from + 1],
  ['ArrowUp', (from) => from - 1],
  ['PageDown', (from, _last, page) => from + page],
  ['PageUp', (from, _last, page) => from - page],
  ['Home', () => 0],
  ['End', (_from, last) => last],
])
