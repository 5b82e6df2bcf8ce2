import type { Lineage } from '@sedi/spec/api'

export type LineageSeed = Lineage['seeds'][number]

export type Placed = { readonly seed: LineageSeed; readonly column: number; readonly row: number; readonly x: number; readonly y: number }

export type Point = { readonly x: number; readonly y: number }

export type Line = {
  readonly from: Placed
  readonly to: Placed
  /** Where it passes through the columns between: from the left end of each passage to its right end. */
  readonly through: readonly Point[]
}

export type Layout = {
  /** Column by column, from above. */
  readonly places: readonly Placed[]
  /** The rounds at whose end the seeds of each column joined; 0: before the first. */
  readonly columns: readonly number[]
  readonly lines: readonly Line[]
  readonly width: number
  readonly height: number
}

export const card = { width: 264, height: 118, gapX: 72, gapY: 16, head: 28 } as const

/** What a line takes up in a column that it passes. */
const passageHeight = 6

/** Times the columns are put in order by their neighbours, forth and back. */
const sweeps = 4

/** A card, or the passage of lines from one seed (`of`) through a column. */
type Slot = { readonly key: string; readonly seed?: LineageSeed; readonly of?: string }

/**
 * Seeds in columns by the round they joined in, so that every line leads to the right: a parent was there before its child was written. A line that spans
 * columns has a passage in each, so that it hides behind no card; lines from one seed share it. In a column, cards and passages lie near the mean of what they
 * are joined to. Source: Sugiyama, Tagawa and Toda 1981 (layers, dummy vertices, barycentres); here layers are given, and columns are centred.
 */
export function layOut({ seeds, edges }: Pick<Lineage, 'seeds' | 'edges'>): Layout {
  const columns = [...new Set(seeds.map(({ addedRound }) => addedRound))].sort((a, b) => a - b)
  const columnOf = new Map(seeds.map(({ seedId, addedRound }) => [seedId, columns.indexOf(addedRound)]))
  const known = edges.filter(({ from, to }) => columnOf.has(from) && columnOf.has(to))
  const slots: Slot[][] = columns.map((round) => seeds.filter(({ addedRound }) => addedRound === round).map((seed) => ({ key: seed.seedId, seed })))
  const joined = createJoined()
  for (const { from, to } of known) {
    const steps = passagesBetween(from, columnOf.get(from)!, columnOf.get(to)!)
    for (const { key, column } of steps) if (!slots[column]!.some((slot) => slot.key === key)) slots[column]!.push({ key, of: from })
    const path = [from, ...steps.map(({ key }) => key), to]
    for (let i = 1; i < path.length; i++) joined.join(path[i - 1]!, path[i]!)
  }
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const order = sweep % 2 === 0 ? columns.keys() : [...columns.keys()].reverse()
    for (const column of order) slots[column] = byBarycentre(slots[column]!, heights(slots), joined.of)
  }
  return placed(slots, columns, known, columnOf)
}

const heightOf = ({ seed }: Slot): number => (seed === undefined ? passageHeight : card.height)

const passagesBetween = (from: string, start: number, end: number): readonly { readonly key: string; readonly column: number }[] =>
  Array.from({ length: Math.max(0, end - start - 1) }, (_, i) => ({ key: `${from} through ${start + 1 + i}`, column: start + 1 + i }))

function placed(slots: readonly (readonly Slot[])[], columns: readonly number[], edges: Lineage['edges'], columnOf: ReadonlyMap<string, number>): Layout {
  const tall = (column: readonly Slot[]): number => column.reduce((sum, slot) => sum + heightOf(slot) + card.gapY, -card.gapY)
  const tallest = Math.max(0, ...slots.map(tall))
  const places: Placed[] = []
  const passages = new Map<string, Point>()
  slots.forEach((column, index) => {
    const x = index * (card.width + card.gapX)
    let y = card.head + (tallest - tall(column)) / 2
    let row = 0
    for (const slot of column) {
      if (slot.seed === undefined) passages.set(slot.key, { x, y: y + passageHeight / 2 })
      else places.push({ seed: slot.seed, column: index, row: row++, x, y })
      y += heightOf(slot) + card.gapY
    }
  })
  const placeOf = new Map(places.map((place) => [place.seed.seedId, place]))
  return {
    places,
    columns,
    lines: edges.map(({ from, to }) => ({
      from: placeOf.get(from)!,
      to: placeOf.get(to)!,
      through: passagesBetween(from, columnOf.get(from)!, columnOf.get(to)!).map(({ key }) => passages.get(key)!),
    })),
    width: Math.max(0, columns.length * (card.width + card.gapX) - card.gapX),
    height: card.head + tallest,
  }
}

type Joined = (key: string) => readonly string[]

function createJoined(): { join(a: string, b: string): void; readonly of: Joined } {
  const joined = new Map<string, Set<string>>()
  const add = (a: string, b: string): void => void (joined.get(a)?.add(b) ?? joined.set(a, new Set([b])))
  return {
    join(a, b) {
      add(a, b)
      add(b, a)
    },
    of: (key) => [...(joined.get(key) ?? [])],
  }
}

/** How far down each slot lies, counted from the middle of its column. */
const heights = (slots: readonly (readonly Slot[])[]): ReadonlyMap<string, number> =>
  new Map(slots.flatMap((column) => column.map(({ key }, row) => [key, row - (column.length - 1) / 2] as const)))

/** Those without a neighbour stay where they were. */
function byBarycentre(column: readonly Slot[], height: ReadonlyMap<string, number>, joined: Joined): Slot[] {
  const wish = new Map(
    column.map(({ key }) => {
      const near = joined(key).flatMap((other) => height.get(other) ?? [])
      return [key, near.length === 0 ? height.get(key)! : near.reduce((sum, value) => sum + value, 0) / near.length]
    }),
  )
  return column.toSorted((a, b) => wish.get(a.key)! - wish.get(b.key)!)
}

/** A line as an SVG path: out of a card, through its passages, into a card, with an arrow’s head. */
export function pathOf({ from, to, through }: Line): string {
  const end = { x: to.x, y: to.y + card.height / 2 }
  let at: Point = { x: from.x + card.width, y: from.y + card.height / 2 }
  const parts = [`M ${at.x} ${at.y}`]
  for (const next of [...through, end]) {
    const middle = (at.x + next.x) / 2
    parts.push(`C ${middle} ${at.y}, ${middle} ${next.y}, ${next.x} ${next.y}`)
    at = next
    if (next === end) continue
    at = { x: next.x + card.width, y: next.y }
    parts.push(`H ${at.x}`)
  }
  return `${parts.join(' ')} m -6 -4 l 6 4 l -6 4`
}

/** Where an arrow key leads from a seed: left to a parent, right to a child, up and down in its column. Undefined where there is nobody. */
export function seedAfterKey(key: string, from: string, { places, lines }: Layout): string | undefined {
  const place = places.find(({ seed }) => seed.seedId === from)
  if (place === undefined) return undefined
  if (key === 'ArrowLeft') return lines.find(({ to }) => to === place)?.from.seed.seedId
  if (key === 'ArrowRight') return lines.find(({ from }) => from === place)?.to.seed.seedId
  const step = key === 'ArrowDown' ? 1 : key === 'ArrowUp' ? -1 : undefined
  return step === undefined ? undefined : places.find(({ column, row }) => column === place.column && row === place.row + step)?.seed.seedId
}
