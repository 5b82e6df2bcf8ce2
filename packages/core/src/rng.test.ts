import { describe, expect, it } from 'vitest'
import { createRng, hash32 } from './rng.ts'

describe('createRng', () => {
  it('gives the same stream for the same name, on every machine', () => {
    const rng = createRng(1, 'generate', 3, 12)
    // Recorded once; a change here changes every run's results.
    expect([rng.uint32(), rng.uint32(), rng.uint32()]).toEqual([3815261671, 2522553143, 193605753])
    expect(createRng(1, 'generate', 3, 12).uint32()).toBe(3815261671)
  })

  it('gives unrelated streams for different names', () => {
    const firsts = new Set<number>()
    for (let seed = 0; seed < 20; seed++)
      for (let i = 0; i < 50; i++) for (const stage of ['generate', 'compose']) firsts.add(createRng(seed, stage, i).uint32())
    expect(firsts.size).toBe(2000)
    expect(createRng(1, 'a', 'b').uint32()).not.toBe(createRng(1, 'a/b').uint32())
    expect(createRng(1, '1').uint32()).not.toBe(createRng(1, 1).uint32())
  })

  it('is uniform: chi-square over 100 cells within its 99.9 % bound', () => {
    const rng = createRng(5)
    const cells = new Array<number>(100).fill(0)
    for (let i = 0; i < 100_000; i++) cells[rng.int(100)]!++
    const chiSquare = cells.reduce((sum, observed) => sum + (observed - 1000) ** 2 / 1000, 0)
    expect(chiSquare).toBeLessThan(148.2) // scipy.stats.chi2.ppf(0.999, 99)
  })

  it('shuffles every item into place, samples without replacement, weighs', () => {
    const rng = createRng(9)
    expect(rng.shuffle([1, 2, 3, 4, 5]).sort()).toEqual([1, 2, 3, 4, 5])
    expect(new Set(rng.sample([1, 2, 3, 4, 5], 3)).size).toBe(3)
    expect(rng.sample([1, 2], 5).sort()).toEqual([1, 2])
    const counts = [0, 0, 0]
    for (let i = 0; i < 9000; i++) counts[rng.weighted([1, 0, 2])]!++
    expect(counts[1]).toBe(0)
    expect(counts[2]! / counts[0]!).toBeGreaterThan(1.8)
    expect(counts[2]! / counts[0]!).toBeLessThan(2.2)
  })

  it('refuses what has no answer', () => {
    const rng = createRng(1)
    expect(() => rng.int(0)).toThrow(RangeError)
    expect(() => rng.pick([])).toThrow(RangeError)
    expect(() => rng.weighted([0, 0])).toThrow(RangeError)
    expect(() => rng.weighted([1, -1])).toThrow(RangeError)
  })
})

describe('hash32', () => {
  it('is MurmurHash3 x86_32 over UTF-16LE bytes', () => {
    // Python, mmh3 5: mmh3.hash(text.encode('utf-16-le'), seed, signed=False)
    expect(hash32('kettle')).toBe(893599713)
    expect(hash32('kettles', 7)).toBe(61476637)
    expect(hash32('odd')).toBe(295254629)
    expect(hash32('é😀x', 3)).toBe(3182012676)
  })
})
