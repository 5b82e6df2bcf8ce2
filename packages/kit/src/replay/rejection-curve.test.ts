import { expect, it } from 'vitest'
import { createRejectionCurve } from './rejection-curve.ts'

it('counts evenly, ends at the end, and stays small however long the stream is', () => {
  const curve = createRejectionCurve()
  expect(curve.points()).toEqual([])
  for (let i = 1; i <= 10_001; i++) curve.add(i % 4 === 0)
  const points = curve.points()
  const steps = points.slice(1).map(({ candidates }, i) => candidates - points[i]!.candidates)
  expect(new Set(steps.slice(0, -1)).size).toBe(1)
  expect(points.length).toBeGreaterThan(40)
  expect(points.length).toBeLessThanOrEqual(82)
  expect(points.at(-1)).toEqual({ candidates: 10_001, kept: 2500, rejectedShare: 1 - 2500 / 10_001 })
  for (const { candidates, kept, rejectedShare } of points) expect([kept, rejectedShare]).toEqual([Math.floor(candidates / 4), 1 - kept / candidates])
})
