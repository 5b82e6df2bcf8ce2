import { describe, expect, it } from 'vitest'
import { type MapPoint, neighboursOf, pointAt, pointGroups } from './point-groups.ts'

const point = (id: string, x: number, y: number, more: Partial<MapPoint> = {}): MapPoint => ({
  id,
  x,
  y,
  cluster: 0,
  round: 1,
  verdict: 'kept',
  text: id,
  ...more,
})

describe('pointGroups', () => {
  it('clusters, by number, named after their words', () => {
    const points = [point('a', 0, 0, { cluster: 10 }), point('b', 0, 0, { cluster: 2 }), point('c', 0, 0, { cluster: 2 })]
    const groups = pointGroups({ points, clusters: [{ cluster: 2, size: 90, words: ['tram', 'rain'] }] }, 'cluster')
    expect(groups.map(({ key, name, points }) => [key, name, points.length])).toEqual([
      ['2', 'tram, rain', 2],
      ['10', 'Cluster 10', 1],
    ])
  })

  it('no two of 32 clusters look the same', () => {
    const points = Array.from({ length: 32 }, (_, cluster) => point(`p${cluster}`, 0, 0, { cluster }))
    const looks = pointGroups({ points, clusters: [] }, 'cluster').map(({ colour, shape }) => JSON.stringify([colour, shape]))
    expect(new Set(looks).size).toBe(32)
  })

  it('rounds in order, from one end of the scale to the other', () => {
    const points = [3, 1, 2].map((round) => point(`p${round}`, 0, 0, { round }))
    expect(pointGroups({ points, clusters: [] }, 'round').map(({ name, colour }) => [name, colour])).toEqual([
      ['Round 1', { between: 0 }],
      ['Round 2', { between: 0.5 }],
      ['Round 3', { between: 1 }],
    ])
  })

  it('verdicts, kept first, by shape as well', () => {
    const points = [point('a', 0, 0, { verdict: 'rejected' }), point('b', 0, 0)]
    expect(pointGroups({ points, clusters: [] }, 'verdict').map(({ key, shape }) => [key, shape])).toEqual([
      ['kept', 'circle'],
      ['rejected', 'triangle'],
    ])
  })
})

describe('near', () => {
  const points = [point('a', 0, 0), point('b', 0.1, 0), point('c', -0.5, 0.5)]
  it('the point at a place', () => {
    expect(pointAt(points, 0.04, 0)?.id).toBe('a')
    expect(pointAt(points, 0.08, 0.02)?.id).toBe('b')
    expect(pointAt(points, 0.9, 0.9, 0.1)).toBeUndefined()
    expect(pointAt([], 0, 0)).toBeUndefined()
  })
  it('the neighbours of a point', () => {
    expect(neighboursOf(points, points[0]!, 5).map(({ id }) => id)).toEqual(['b', 'c'])
    expect(neighboursOf(points, points[2]!, 1).map(({ id }) => id)).toEqual(['a'])
  })
})
