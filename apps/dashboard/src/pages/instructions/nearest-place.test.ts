import { expect, it } from 'vitest'
import { nearestPlace } from './nearest-place.ts'

const thresholds = [0.5, 0.7, 0.85, 0.95].map((threshold) => ({ threshold }))

it.each([
  [0.7, 1],
  [0.83, 2],
  [0, 0],
  [1, 3],
  [0.6, 0],
])('%f is nearest to number %i', (wanted, place) => expect(nearestPlace(thresholds, wanted)).toBe(place))

it('nothing is near among none', () => expect(nearestPlace([], 0.7)).toBe(-1))
