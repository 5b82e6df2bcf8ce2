import { describe, expect, it } from 'vitest'
import { card, type LineageSeed, layOut, pathOf, seedAfterKey } from './lineage-layout.ts'

const seed = (seedId: string, addedRound: number): LineageSeed => ({
  seedId,
  origin: addedRound === 0 ? 'human' : 'machine',
  text: seedId,
  addedRound,
  evictedRound: null,
  fromInstruction: null,
  batch: null,
  signalName: null,
  signal: null,
  reason: '',
  evictedBecause: null,
  parents: [],
  heirs: 0,
  offspring: { kept: 0, rejected: 0, meanGradNorm: null },
})

const family = {
  seeds: [seed('a', 0), seed('b', 0), seed('c', 0), seed('of-c', 2), seed('of-a', 2), seed('grandchild', 5)],
  edges: [
    { from: 'c', to: 'of-c' },
    { from: 'a', to: 'of-a' },
    { from: 'of-c', to: 'grandchild' },
    { from: 'b', to: 'grandchild' },
  ],
}

describe('layOut', () => {
  const layout = layOut(family)

  it('a column for each round that somebody joined in', () => {
    expect(layout.columns).toEqual([0, 2, 5])
    for (const { seed, column } of layout.places) expect(layout.columns[column]).toBe(seed.addedRound)
  })

  it('every line leads to the right', () => {
    expect(layout.lines).toHaveLength(4)
    for (const { from, to } of layout.lines) expect(to.x - from.x).toBeGreaterThanOrEqual(card.width + card.gapX)
  })

  it('a line that passes a column hides behind no card of it', () => {
    const long = layout.lines.find(({ from }) => from.seed.seedId === 'b')!
    expect(long.through).toHaveLength(1)
    const [passage] = long.through
    for (const { x, y } of layout.places.filter((place) => place.column === 1)) {
      expect(x).toBe(passage!.x)
      expect(passage!.y < y || passage!.y > y + card.height).toBe(true)
    }
    expect(pathOf(long)).toContain(`H ${passage!.x + card.width}`)
  })

  it('heirs of one seed in round after round: its lines share their passages', () => {
    const heirs = layOut({ seeds: [seed('h', 0), seed('x', 1), seed('y', 2), seed('z', 3)], edges: ['x', 'y', 'z'].map((to) => ({ from: 'h', to })) })
    expect(heirs.lines.map(({ through }) => through.length)).toEqual([0, 1, 2])
    expect(heirs.lines[1]!.through[0]).toEqual(heirs.lines[2]!.through[0])
    expect(heirs.height).toBeLessThan(card.head + 2 * card.height)
  })

  it('no card covers another, and all are inside', () => {
    for (const one of layout.places) {
      expect(one.x + card.width).toBeLessThanOrEqual(layout.width)
      expect(one.y + card.height).toBeLessThanOrEqual(layout.height)
      expect(one.y).toBeGreaterThanOrEqual(card.head)
      for (const other of layout.places)
        if (one !== other && one.column === other.column) expect(Math.abs(one.y - other.y)).toBeGreaterThanOrEqual(card.height + card.gapY)
    }
  })

  it('children lie beside their parents: no two edges of the first generation cross', () => {
    const y = (id: string): number => layout.places.find(({ seed }) => seed.seedId === id)!.y
    expect(Math.sign(y('of-a') - y('of-c'))).toBe(Math.sign(y('a') - y('c')))
  })

  it('edges to seeds that are not there are left out, and nothing is laid out as nothing', () => {
    expect(layOut({ seeds: family.seeds.slice(0, 1), edges: family.edges }).lines).toEqual([])
    expect(layOut({ seeds: [], edges: [] })).toMatchObject({ places: [], width: 0, columns: [] })
  })
})

describe('seedAfterKey', () => {
  const layout = layOut(family)
  it('to parents and children', () => {
    expect(seedAfterKey('ArrowRight', 'c', layout)).toBe('of-c')
    expect(seedAfterKey('ArrowLeft', 'of-c', layout)).toBe('c')
    expect(seedAfterKey('ArrowLeft', 'c', layout)).toBeUndefined()
    expect(seedAfterKey('ArrowRight', 'grandchild', layout)).toBeUndefined()
  })
  it('up and down a column, to its ends', () => {
    const column = layout.places.filter(({ column }) => column === 0).map(({ seed }) => seed.seedId)
    expect(seedAfterKey('ArrowDown', column[0]!, layout)).toBe(column[1])
    expect(seedAfterKey('ArrowUp', column[1]!, layout)).toBe(column[0])
    expect(seedAfterKey('ArrowUp', column[0]!, layout)).toBeUndefined()
    expect(seedAfterKey('ArrowDown', column[2]!, layout)).toBeUndefined()
  })
  it('other keys and unknown seeds lead nowhere', () => {
    expect(seedAfterKey('x', 'c', layout)).toBeUndefined()
    expect(seedAfterKey('ArrowDown', 'nobody', layout)).toBeUndefined()
  })
})
