import type { DiversityMap } from '@sedi/spec/api'
import { seriesCount } from '../../parts/chart-colours.ts'

export type MapPoint = DiversityMap['points'][number]

/** What the points are told apart by. */
export type GroupedBy = 'cluster' | 'round' | 'verdict'

/** Told apart by colour and by shape: a colour that comes again has another shape. */
export const shapes = ['circle', 'triangle', 'diamond', 'rect'] as const

/** `series`: a colour of a kind. `between`: how far from the first round to the last. */
export type GroupColour = { readonly series: number } | { readonly between: number }

export type PointGroup = {
  /** As the address has it. */
  readonly key: string
  readonly name: string
  readonly colour: GroupColour
  readonly shape: (typeof shapes)[number]
  readonly points: readonly MapPoint[]
}

/** The points in groups, each with how it looks. Clusters by their number, rounds in order, kept before rejected; empty ones are left out. */
export function pointGroups({ points, clusters }: Pick<DiversityMap, 'points' | 'clusters'>, by: GroupedBy): PointGroup[] {
  const keyed = Map.groupBy(points, (point) => String(point[by]))
  const keys = by === 'verdict' ? ['kept', 'rejected'].filter((key) => keyed.has(key)) : [...keyed.keys()].sort((a, b) => Number(a) - Number(b))
  return keys.map((key, place) => ({ key, points: keyed.get(key)!, ...look(by, key, { place, of: keys.length, clusters }) }))
}

type Place = { readonly place: number; readonly of: number; readonly clusters: DiversityMap['clusters'] }

function look(by: GroupedBy, key: string, { place, of, clusters }: Place): Pick<PointGroup, 'name' | 'colour' | 'shape'> {
  if (by === 'verdict') return { name: key, colour: { series: key === 'kept' ? 0 : 5 }, shape: key === 'kept' ? 'circle' : 'triangle' }
  if (by === 'round') return { name: `Round ${key}`, colour: { between: of < 2 ? 0 : place / (of - 1) }, shape: 'circle' }
  const words = clusters.find(({ cluster }) => String(cluster) === key)?.words ?? []
  return {
    name: words.length === 0 ? `Cluster ${key}` : words.join(', '),
    colour: { series: place % seriesCount },
    shape: shapes[Math.floor(place / seriesCount) % shapes.length]!,
  }
}

/** The point nearest to a place in the plane; undefined without any, or when none is within `reach`. */
export function pointAt(points: readonly MapPoint[], x: number, y: number, reach = Number.POSITIVE_INFINITY): MapPoint | undefined {
  let best: MapPoint | undefined
  let least = reach * reach
  for (const point of points) {
    const distance = (point.x - x) ** 2 + (point.y - y) ** 2
    if (distance > least) continue
    least = distance
    best = point
  }
  return best
}

/** The `count` points nearest to one, itself left out, the nearest first. */
export function neighboursOf(points: readonly MapPoint[], { id, x, y }: MapPoint, count: number): MapPoint[] {
  return points
    .filter((point) => point.id !== id)
    .map((point) => ({ point, distance: (point.x - x) ** 2 + (point.y - y) ** 2 }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, count)
    .map(({ point }) => point)
}
