import { describe, expect, it } from 'vitest'
import { createWorld } from './create-world.ts'
import { discardRate, discardTarget, rawInstructions, take, takeDistinct } from './discard-curve.ts'

const minutes = 60_000

// About 40 s a world on one core of a small machine.
describe.each([1, 2, 3])('world %i', (worldSeed) => {
  const world = createWorld({ worldSeed })

  it('rejects as much of 7,673 different instructions as of a real stream, within 8 points', { timeout: 5 * minutes }, () => {
    const { texts } = takeDistinct(rawInstructions(world, 1), 7673)
    for (const { threshold, percent } of discardTarget) {
      expect(Math.abs(discardRate(texts, threshold) - percent), `at ${threshold}`).toBeLessThan(8)
    }
  })

  it('rejects about half of 2,000 raw instructions at 0.7 and a quarter at 0.85, seeds in the pool', { timeout: minutes }, () => {
    const raw = take(rawInstructions(world, 1), 2000)
    const seeds = world.seedTasks.map((seed) => seed.instruction)
    expect(Math.abs(discardRate(raw, 0.7, seeds) - 55)).toBeLessThan(8)
    expect(Math.abs(discardRate(raw, 0.85, seeds) - 27)).toBeLessThan(8)
  })
})
