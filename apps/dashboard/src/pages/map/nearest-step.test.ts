import { expect, it } from 'vitest'
import { nearestStep } from './nearest-step.ts'

const steps = [1, 2, 10, 40].map((step) => ({ step }))

it.each([
  [-5, 1],
  [1.4, 1],
  [5.9, 2],
  [6.1, 10],
  [26, 40],
  [400, 40],
])('%f is nearest to step %i', (at, step) => expect(nearestStep(steps, at)).toBe(step))

it('none of none', () => expect(nearestStep([], 3)).toBeUndefined())
