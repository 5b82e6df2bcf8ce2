import type { RunConfig, SeedTask } from '@sedi/spec'
import { describe, expect, it } from 'vitest'
import { callsOfRound, planCall } from './plan-call.ts'

const config = {
  randomSeed: 1,
  prompt: { strategy: 'joint', seedsPerPrompt: 3, tasksPerCall: 20 },
  generator: { temperature: 1, maxOutputTokens: 100 },
} as unknown as RunConfig
const all: SeedTask[] = Array.from({ length: 30 }, (_, i) => ({ id: `s${i}`, origin: 'human', instruction: `Do ${i}`, input: '', output: 'x' }))
const seeds = { seeds: all, kept: [] }

describe('planCall', () => {
  it('is a function of configuration, place and seeds', () => {
    expect(planCall(config, 2, 7, seeds)).toEqual(planCall(config, 2, 7, seeds))
    expect(planCall(config, 2, 7, seeds).callId).toBe('r02-c0007')
    const others = [planCall(config, 2, 8, seeds), planCall(config, 3, 7, seeds), planCall({ ...config, randomSeed: 2 }, 2, 7, seeds)]
    for (const other of others) expect(other.seedIds.join()).not.toBe(planCall(config, 2, 7, seeds).seedIds.join())
  })

  it('shows each seed equally often over many calls, none twice in one prompt', () => {
    const counts = new Map<string, number>()
    for (let i = 0; i < 1000; i++) {
      const { seedIds } = planCall(config, 1, i, seeds)
      expect(new Set(seedIds).size).toBe(3)
      for (const id of seedIds) counts.set(id, (counts.get(id) ?? 0) + 1)
    }
    expect(Math.min(...counts.values())).toBeGreaterThan(65) // mean 100, standard deviation about 9.5
    expect(Math.max(...counts.values())).toBeLessThan(135)
  })
})

describe('callsOfRound', () => {
  it.each([
    [240, 10, [24, 24, 24, 24, 24, 24, 24, 24, 24, 24]],
    [10, 4, [3, 3, 3, 1]],
    [3, 5, [1, 1, 1, 0, 0]],
    [9, 4, [3, 3, 3, 0]],
  ])('divides %d calls over %d rounds', (total, rounds, wanted) => {
    expect(Array.from({ length: rounds }, (_, i) => callsOfRound(total, rounds, i + 1))).toEqual(wanted)
  })
})
