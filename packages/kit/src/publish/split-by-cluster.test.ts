import { createRng, rougeL } from '@sedi/core'
import { describe, expect, it } from 'vitest'
import { splitByCluster } from './split-by-cluster.ts'

const nouns = 'river garden ladder engine window letter market winter pencil bridge carpet lantern'.split(' ')
const verbs = 'describe compare repair measure paint translate sort'.split(' ')

/** Families of near-copies: one sentence with a word or two changed; and texts that stand alone. */
function someTexts(families: number, size: number, alone: number, seed = 1): string[] {
  const rng = createRng(seed, 'texts')
  const word = (): string => `${rng.sample(nouns, 1)[0]}${Math.floor(rng.next() * 1e6)}`
  const texts = Array.from({ length: families }, () => {
    const base = [rng.sample(verbs, 1)[0]!, ...Array.from({ length: 9 }, word)]
    return Array.from({ length: size }, () => base.map((one, i) => (i === 5 ? word() : one)).join(' '))
  }).flat()
  return rng.shuffle([...texts, ...Array.from({ length: alone }, () => Array.from({ length: 8 }, word).join(' '))])
}

const texts = someTexts(60, 5, 200)

describe('splitByCluster', () => {
  const split = splitByCluster(texts, { testShare: 0.1, randomSeed: 1 })
  const { isTest, clusters } = split
  const sides = (of: boolean): string[] => texts.filter((_, i) => isTest[i] === of)

  it('puts every text on exactly one side, in the share that was asked for', () => {
    expect([isTest.length, clusters.length, split.train + split.test]).toEqual([500, 500, 500])
    expect([sides(true).length, sides(false).length]).toEqual([split.test, split.train])
    expect(Math.abs(split.test - 50)).toBeLessThanOrEqual(5)
    expect(split.notes).toEqual([])
  })

  it('has no cluster on both sides', () => {
    const sidesOf = Map.groupBy(isTest.keys(), (i) => clusters[i]!)
    expect(sidesOf.size).toBe(split.clusterCount)
    for (const members of sidesOf.values()) expect(new Set(members.map((i) => isTest[i])).size).toBe(1)
  })

  it('keeps its promise: no pair across the sides is above `apart`; the highest is what it reports; a random split is worse', () => {
    const highest = Math.max(...sides(true).map((test) => Math.max(...sides(false).map((train) => rougeL(test, train)))))
    expect(highest).toBeCloseTo(split.nearness.highest, 12)
    expect(highest).toBeLessThanOrEqual(split.apart)
    expect(split.apart).toBe(0.5)
    expect(split.random.highest).toBeGreaterThanOrEqual(0.9)
    expect([split.nearness.above70, split.random.above70 > 0.3]).toEqual([0, true])
  })

  it('is the same for the same seed and another for another', () => {
    expect(splitByCluster(texts, { testShare: 0.1, randomSeed: 1 })).toEqual(split)
    expect(splitByCluster(texts, { testShare: 0.1, randomSeed: 2 }).isTest).not.toEqual(isTest)
  })

  it.each([0.01, 0.05, 0.3, 0.5, 0.9])('holds for a share of %d', (testShare) => {
    const { test, apart, nearness, clusterCount } = splitByCluster(texts, { testShare, randomSeed: 3 })
    const wanted = Math.round(500 * testShare)
    expect(Math.abs(test - wanted)).toBeLessThanOrEqual(Math.max(1, wanted * 0.1))
    expect(nearness.highest).toBeLessThanOrEqual(apart)
    expect(clusterCount).toBeGreaterThan(1)
  })

  it('says when near-copies cannot be kept together', () => {
    const alike = someTexts(1, 40, 0)
    const { apart, notes, test } = splitByCluster(alike, { testShare: 0.1, randomSeed: 1 })
    expect([apart >= 0.85, test]).toEqual([true, 4])
    expect(notes.join()).toMatch(apart === 1 ? /Near-copies could not be kept together/ : /Only texts above ROUGE-L/)
  })

  it('says when whole clusters do not make the share', () => {
    const copies = [...Array.from({ length: 6 }, () => 'paint the old garden fence with green colour'), 'what is the capital of a country in winter']
    const { isTest: two, notes } = splitByCluster(copies, { testShare: 0.45, randomSeed: 1 })
    expect(new Set(two).size).toBe(2)
    expect(notes.length).toBeGreaterThan(0)
  })

  it('leaves neither side empty, also for two texts and for texts without words', () => {
    expect(splitByCluster(['one', 'two'], { testShare: 0.01, randomSeed: 1 })).toMatchObject({ train: 1, test: 1 })
    expect(splitByCluster(['', '', '…', ''], { testShare: 0.5, randomSeed: 1 })).toMatchObject({ train: 2, test: 2 })
  })

  it('refuses what cannot be split', () => {
    expect(() => splitByCluster(['one'], { testShare: 0.5, randomSeed: 1 })).toThrow(/at least two rows/)
    for (const testShare of [0, 1, Number.NaN]) expect(() => splitByCluster(texts, { testShare, randomSeed: 1 })).toThrow(/above 0 and below 1/)
  })
})
