import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { plainRougeL } from './fixtures/plain-rouge-l.ts'
import { createRng } from './rng.ts'
import { rougeL, rougeLF, rougeLOfTokens } from './rouge-l.ts'
import { tokenizeRouge } from './tokenize-rouge.ts'

describe('rougeL', () => {
  // rouge_score 0.1.2: rouge_scorer.RougeScorer(['rougeL'], use_stemmer=False).score(a, b)['rougeL'].fmeasure
  it.each([
    ['The kettle hums.', 'the KETTLE hums', 1],
    ['Sort these parcels by weight', 'Sort the parcels on the shelf by their weight', 0.5714285714285714],
    ['one two three four five six seven', 'one two x three four y five six z seven w v u', 0.7000000000000001],
    ['a b c d e f g h i j', 'a b c d e f g', 0.8235294117647058],
    ['Name three birds that cannot fly.', 'List four rivers that flow north.', 0.16666666666666666],
    ['', 'anything at all', 0],
    ['...', '!!!', 0],
    ['naïve café Straße', 'naive cafe strasse', 0],
    ["it's 5 o'clock, isn't it?", 'its 5 oclock isnt it', 0.3076923076923077],
    ['Kelvin \u212a \u0130stanbul', 'kelvin k i stanbul', 1],
    [`${'word '.repeat(70)}end`, `${'word '.repeat(40)}middle ${'word '.repeat(30)}`, 0.9859154929577465],
    ['x1 y2 z3', 'X1-Y2_Z3', 1],
    ['重複 する 文', '重複 する 文', 0],
  ])('equals rouge_score on %j and %j', (a, b, expected) => {
    expect(rougeL(a, b)).toBe(expected)
  })

  it('equals rouge_score to the last bit on the fixture made by fixtures/rouge-score.py', () => {
    const rows = JSON.parse(readFileSync(new URL('./fixtures/rouge-score.json', import.meta.url), 'utf8')) as [string, string, number][]
    expect(rows.length).toBe(240)
    for (const [a, b, expected] of rows) expect(rougeL(a, b)).toBe(expected)
    for (const threshold of [0.5, 0.7, 0.85]) {
      const above = rows.filter(([, , score]) => score > threshold).length
      expect(above).toBeGreaterThan(5)
      expect(rows.filter(([a, b]) => rougeL(a, b) > threshold).length).toBe(above)
    }
  })

  it('scores and decides like the plain table on random texts, ties at the threshold included', () => {
    const rng = createRng(1, 'rouge-l')
    let ties = 0
    for (let i = 0; i < 4000; i++) {
      const words = rng.pick([3, 12, 60])
      const text = (): string[] => Array.from({ length: rng.int(i % 20 === 0 ? 140 : 24) }, () => `w${rng.int(words)}`)
      const a = text()
      const b = text()
      const expected = plainRougeL(a, b)
      expect(rougeLOfTokens(a, b)).toBe(expected)
      for (const threshold of [0.5, 0.7, 0.85]) {
        expect(rougeLOfTokens(a, b) > threshold).toBe(expected > threshold)
        if (Math.abs(expected - threshold) < 1e-12) ties++
      }
    }
    expect(ties).toBeGreaterThan(10)
  })

  it('is symmetric, in [0, 1], and 1 only for equal token sequences', () => {
    const rng = createRng(2, 'rouge-l')
    for (let i = 0; i < 2000; i++) {
      const text = (): string => Array.from({ length: 1 + rng.int(8) }, () => `w${rng.int(4)}`).join(' ')
      const a = text()
      const b = text()
      const score = rougeL(a, b)
      expect(rougeL(b, a)).toBe(score)
      expect(score).toBeGreaterThanOrEqual(0)
      expect(score).toBeLessThanOrEqual(1)
      expect(score === 1).toBe(tokenizeRouge(a).join() === tokenizeRouge(b).join())
    }
  })
})

describe('rougeLF', () => {
  it('grows with the LCS and does not care which text is which, for all lengths to 80', () => {
    for (let m = 1; m <= 80; m++) {
      for (let n = 1; n <= m; n++) {
        let before = -1
        for (let lcs = 0; lcs <= n; lcs++) {
          const score = rougeLF(lcs, m, n)
          expect(score).toBe(rougeLF(lcs, n, m))
          expect(score).toBeGreaterThan(before)
          before = score
        }
      }
    }
  })

  it('exceeds 0.7 at exact ties where rouge_score does', () => {
    expect(rougeLF(7, 7, 13)).toBe(0.7000000000000001)
    expect(rougeLF(7, 10, 10)).toBe(0.7)
  })
})

describe('tokenizeRouge', () => {
  it('keeps lower-cased letters and digits only', () => {
    expect(tokenizeRouge("Don't panic, R2-D2!")).toEqual(['don', 't', 'panic', 'r2', 'd2'])
    expect(tokenizeRouge('  \n')).toEqual([])
  })
})
