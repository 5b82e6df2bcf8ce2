import { expect, test } from 'vitest'
import { shouldStop } from './should-stop.ts'

test.each([
  [[3, 3, 2, 2], 0.5, false],
  [[3, 3, 2, 2], 1, false], // exactly the improvement asked for is enough
  [[3, 3, 2, 2], 1.01, true],
  [[3, 3, 3, 3], 0, false],
  [[2, 2, 3, 3], 0, true],
  [[9, 9, 9], 5, false], // too early to say
  [[100, 0, 3, 3, 2, 2], 0.5, false], // only the last four count
])('of %j with 2 steps of patience and an improvement of %d: %s', (losses, minimumImprovement, expected) => {
  expect(shouldStop(losses, { patienceSteps: 2, minimumImprovement })).toBe(expected)
})
