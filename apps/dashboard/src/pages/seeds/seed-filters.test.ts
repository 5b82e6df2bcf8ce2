import { describe, expect, it } from 'vitest'
import type { LineageSeed } from './lineage-layout.ts'
import { filterNamed, firstFocus, fitting } from './seed-filters.ts'

const seed = (seedId: string, more: Partial<LineageSeed> = {}): LineageSeed => ({
  seedId,
  origin: 'machine',
  text: '',
  addedRound: 1,
  evictedRound: null,
  fromInstruction: seedId,
  batch: 1,
  signalName: null,
  signal: null,
  reason: '',
  evictedBecause: null,
  parents: [],
  heirs: 0,
  offspring: { kept: 0, rejected: 0, meanGradNorm: null },
  ...more,
})

const seeds = [
  seed('h1', { origin: 'human', addedRound: 0 }),
  seed('h2', { origin: 'human', addedRound: 0, evictedRound: 2 }),
  seed('m1', { evictedRound: 3 }),
  seed('m2'),
]

describe('fitting', () => {
  it.each([
    ['all', 'h1 h2 m1 m2'],
    ['human', 'h1 h2'],
    ['machine', 'm1 m2'],
    ['active', 'h1 m2'],
    ['retired', 'h2 m1'],
    ['no such filter', 'h1 h2 m1 m2'],
  ])('%s: %s', (name, expected) =>
    expect(
      fitting(seeds, filterNamed(name))
        .map(({ seedId }) => seedId)
        .join(' '),
    ).toBe(expected),
  )
})

describe('firstFocus', () => {
  it('the machine seed with the most heirs', () =>
    expect(firstFocus([...seeds, seed('m3', { heirs: 2 }), seed('m4', { heirs: 2, offspring: { kept: 9, rejected: 0, meanGradNorm: null } })])).toBe('m4'))
  it('a human seed where there is no other, nobody where there is none', () => {
    expect(firstFocus(seeds.slice(0, 2))).toBe('h1')
    expect(firstFocus([])).toBeUndefined()
  })
})
