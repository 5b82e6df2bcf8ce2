import { describe, expect, it } from 'vitest'
import { chooseEvictions, type SeedStanding } from './evictions.ts'

const seed = (id: string, origin: 'human' | 'machine', childSignal?: number, addedInRound = 0): SeedStanding => ({ id, origin, childSignal, addedInRound })
const options = { count: 2, round: 5, protectHuman: 0.5, protectRounds: 2 }

describe('chooseEvictions', () => {
  it('lets the lowest child signals go first', () => {
    const seeds = [seed('h1', 'human', 3), seed('h2', 'human', 9), seed('m1', 'machine', 2), seed('m2', 'machine', 1), seed('m3', 'machine', 8)]
    expect(chooseEvictions(seeds, { ...options, protectHuman: 0 })).toEqual(['m2', 'm1'])
  })

  it('keeps the human share: half of an odd set is rounded up', () => {
    const seeds = [seed('h1', 'human', 1), seed('h2', 'human', 2), seed('h3', 'human', 3), seed('m1', 'machine', 8), seed('m2', 'machine', 9)]
    expect(chooseEvictions(seeds, options)).toEqual(['m1', 'm2'])
    expect(chooseEvictions(seeds, { ...options, protectHuman: 0.4 })).toEqual(['h1', 'm1'])
    expect(chooseEvictions([seed('h1', 'human', 1)], { ...options, protectHuman: 1 })).toEqual([])
  })

  it('protects seeds whose children were not evaluated, for a while', () => {
    const young = seed('new', 'machine', undefined, 4)
    const old = seed('old', 'machine', undefined, 3)
    expect(chooseEvictions([young, old, seed('m', 'machine', 1)], { ...options, protectHuman: 0 })).toEqual(['old', 'm'])
  })

  it('returns fewer when no more may leave', () => {
    expect(chooseEvictions([seed('m', 'machine', undefined, 5)], options)).toEqual([])
    expect(chooseEvictions([], options)).toEqual([])
  })
})
