import { describe, expect, it } from 'vitest'
import { createScanIndex } from './fixtures/scan-index.ts'
import { textStream } from './fixtures/text-stream.ts'
import { createNoveltyIndex, type NoveltyIndex, type NoveltyIndexOptions } from './novelty-index.ts'
import { createRng } from './rng.ts'
import { rougeLF } from './rouge-l.ts'

const thresholds = [0.3, 0.5, 0.7, 0.85, 0.95]

/** Asks both indexes everything about a text. */
function expectSameAnswers(index: NoveltyIndex, oracle: ReturnType<typeof createScanIndex>, text: string, asked: number): void {
  expect(index.judge(text, asked)).toEqual(oracle.judge(text, asked))
  expect(index.range(text, asked)).toEqual(oracle.range(text, asked))
  expect(index.topK(text, 5)).toEqual(oracle.topK(text, 5))
  expect(index.averageSimilarity(text)).toBe(oracle.averageSimilarity(text))
  expect(index.size).toBe(oracle.size)
}

describe('createNoveltyIndex against a scan', () => {
  it.each([
    { name: 'realistic texts', words: 5000 },
    { name: 'a small vocabulary', words: 60 },
    { name: 'a tiny vocabulary', words: 6 },
    { name: 'a shared template', words: 3000, template: 14 },
    { name: 'texts of several hundred words', words: 900, longWords: 700 },
  ])('answers alike on $name, through insertions and removals, at every threshold', ({ words, ...shape }) => {
    for (const built of [undefined, 0.5, 0.85]) {
      const rng = createRng(4, words)
      const index = createNoveltyIndex({ threshold: built })
      const oracle = createScanIndex()
      const stream = textStream(words, 1, shape)
      index.add('')
      oracle.add('')
      for (let i = 0; i < 900; i++) {
        const text = stream.next().value
        const asked = thresholds[i % thresholds.length]!
        if (i % 7 === 0) expectSameAnswers(index, oracle, text, asked)
        const { novel } = index.judge(text, asked)
        expect(novel).toBe(oracle.judge(text, asked).novel)
        if (novel || i % 10 === 0) expect(index.add(text)).toBe(oracle.add(text))
        if (i % 9 === 0) {
          const entry = rng.int(i + 1)
          index.remove(entry)
          oracle.remove(entry)
        }
      }
    }
  })

  it.each(thresholds)('keeps the same texts of a stream at %d, naming the nearest of every rejected one', (threshold) => {
    for (const words of [12, 4000]) {
      const index = createNoveltyIndex({ threshold, nearest: 'rejected' })
      const oracle = createScanIndex()
      const stream = textStream(words, 2)
      const counts = { rejected: 0, tied: 0 }
      for (let i = 0; i < 1500; i++) {
        const text = stream.next().value
        const expected = oracle.judge(text, threshold)
        expect(index.judge(text, threshold)).toEqual(expected.novel ? { novel: true, nearest: undefined } : expected)
        if (expected.novel) {
          expect(index.add(text)).toBe(oracle.add(text))
          continue
        }
        counts.rejected++
        if (oracle.range(text, threshold).filter(({ score }) => score === expected.nearest!.score).length > 1) counts.tied++
      }
      expect(counts.rejected).toBeGreaterThan(100)
      if (threshold < 0.8) expect(counts.tied).toBeGreaterThan(5)
    }
  })

  it('stays exact when the vocabulary changes under it, and renews its order', () => {
    const index = createNoveltyIndex({ threshold: 0.7, nearest: 'rejected' })
    const oracle = createScanIndex()
    for (const language of ['a', 'b', 'c']) {
      const stream = textStream(300, 5)
      for (let i = 0; i < 700; i++) {
        const text = stream.next().value.replaceAll('w', language)
        const { novel } = oracle.judge(text, 0.7)
        expect(index.judge(text, 0.7).novel).toBe(novel)
        if (novel) expect(index.add(text)).toBe(oracle.add(text))
      }
    }
    expect(index.statistics().rebuilds).toBeGreaterThan(1)
  })

  it('lists a text in the renewed order when a rebuild ends between judging and adding it', () => {
    let ended = 0
    for (let seed = 0; seed < 40; seed++) {
      const rng = createRng(seed, 'renewal')
      const index = createNoveltyIndex({ threshold: 0.6, nearest: 'rejected' })
      const oracle = createScanIndex()
      const stream = textStream(60, seed, { template: 3 })
      for (let i = 0; i < 320; i++) {
        const text = stream.next().value
        if (i !== 195) index.judge(text, 0.6) // else rebuilds, which go on with every call, would always end with a judge
        const { rebuilds } = index.statistics()
        oracle.add(text)
        index.add(text)
        if (index.statistics().rebuilds === rebuilds) continue
        ended++
        for (let j = 0; j < 100; j++) {
          const asked = text.split(' ').map((word) => (rng.next() < 0.3 ? `w${rng.int(60)}` : word))
          expect(index.range(asked.join(' '), 0.6)).toEqual(oracle.range(asked.join(' '), 0.6))
        }
      }
    }
    expect(ended).toBeGreaterThan(10)
  })

  it('answers alike below the threshold it was built for and below 0.3', () => {
    const index = createNoveltyIndex({ threshold: 0.85 })
    const oracle = createScanIndex()
    const stream = textStream(200, 6)
    for (let i = 0; i < 300; i++) {
      const text = stream.next().value
      for (const asked of [0, 0.1, 0.3, 0.6]) expectSameAnswers(index, oracle, text, asked)
      index.add(text)
      oracle.add(text)
    }
  })

  it('prunes where it can, scans where it cannot', () => {
    const work = (words: number) => {
      const index = createNoveltyIndex({ threshold: 0.7, nearest: 'rejected' })
      const stream = textStream(words, 7)
      for (let i = 0; i < 3000; i++) {
        const text = stream.next().value
        if (index.judge(text, 0.7).novel) index.add(text)
      }
      return { ...index.statistics(), size: index.size }
    }
    const rich = work(20_000)
    expect(rich.postings + rich.compared).toBeLessThan(0.03 * 3000 * rich.size)
    const poor = work(30)
    expect(poor.scans).toBeGreaterThan(500)
    expect(poor.postings).toBeLessThan(3000 * poor.size)
  })
})

describe('createNoveltyIndex', () => {
  it('never calls an empty text similar, nor anything similar to it', () => {
    const index = createNoveltyIndex()
    expect(index.averageSimilarity('nothing yet')).toBeNaN()
    index.add('')
    expect(index.judge('', 0.5)).toEqual({ novel: true, nearest: undefined })
    expect(index.judge('some words', 0)).toEqual({ novel: true, nearest: undefined })
    expect(index.topK('', 3)).toEqual([])
    expect(index.averageSimilarity('some words')).toBe(0)
    expect(index.size).toBe(1)
  })

  it('prefers the earlier of equally similar entries', () => {
    const index = createNoveltyIndex()
    for (const text of ['x y', 'a b c', 'a b c']) index.add(text)
    expect(index.judge('a b c', 0.7).nearest).toEqual({ entry: 1, score: 1 })
    index.remove(1)
    expect(index.judge('a b c', 0.7).nearest).toEqual({ entry: 2, score: 1 })
  })

  it('rejects at the exact ratio 0.7 where the float64 score exceeds it, and only there', () => {
    const seven = 'a b c d e f g'
    const ofThirteen = 'a b x c d y e f z g w v u' // LCS 7 of 7 and 13: 0.7000000000000001
    const ten = 'a b c d e f g p q r'
    const otherTen = 'a b c d e f g s t u' // LCS 7 of 10 and 10: 0.7
    for (const options of [{}, { threshold: 0.7, nearest: 'rejected' }] satisfies NoveltyIndexOptions[]) {
      const index = createNoveltyIndex(options)
      index.add(seven)
      expect(index.judge(ofThirteen, 0.7)).toEqual({ novel: false, nearest: { entry: 0, score: 0.7000000000000001 } })
      index.remove(0)
      index.add(ten)
      expect(index.judge(otherTen, 0.7).novel).toBe(true)
    }
  })

  it('is symmetric and monotone: a pair scores the same either way, and what a threshold rejects every lower one rejects', () => {
    const texts = textStream(40, 8)
    for (let i = 0; i < 300; i++) {
      const [a, b] = [texts.next().value, texts.next().value]
      const score = (indexed: string, asked: string) => {
        const index = createNoveltyIndex()
        index.add(indexed)
        return index.judge(asked, 0.5).nearest?.score ?? 0
      }
      expect(score(a, b)).toBe(score(b, a))
    }
    const index = createNoveltyIndex()
    for (let i = 0; i < 500; i++) index.add(texts.next().value)
    let changes = 0
    for (let i = 0; i < 200; i++) {
      const text = texts.next().value
      const novel = [0.2, 0.3, 0.45, 0.6, 0.75, 0.9, 1].map((threshold) => index.judge(text, threshold).novel)
      expect(novel).toEqual(novel.toSorted())
      if (new Set(novel).size === 2) changes++
    }
    expect(changes).toBeGreaterThan(20)
  })

  it('finds the same scores whatever the order of the entries', () => {
    const stream = textStream(400, 9)
    const texts = Array.from({ length: 400 }, () => stream.next().value)
    const [one, other] = [createNoveltyIndex(), createNoveltyIndex()]
    for (const text of texts) one.add(text)
    for (const text of createRng(1, 'order').shuffle(texts)) other.add(text)
    for (let i = 0; i < 100; i++) {
      const text = stream.next().value
      expect(other.topK(text, 20).map(({ score }) => score)).toEqual(one.topK(text, 20).map(({ score }) => score))
    }
  })

  it('reuses the room of removed entries', () => {
    const index = createNoveltyIndex()
    const stream = textStream(50, 10)
    for (let i = 0; i < 20_000; i++) {
      const entry = index.add(`${stream.next().value} end`)
      if (entry >= 100) index.remove(entry - 100)
    }
    expect(index.size).toBe(100)
    expect(index.statistics().bytes).toBeLessThan(2_500_000)
  })

  it('takes texts longer than its postings can say', () => {
    const words = Array.from({ length: 70_000 }, (_, i) => `w${i % 50_021}`)
    const index = createNoveltyIndex({ threshold: 0.9, nearest: 'rejected' })
    index.add(words.slice(0, 40_000).join(' '))
    index.add(words.join(' '))
    index.add('w1 w2 w3')
    const edited = words.map((word, i) => (i % 100 === 0 ? 'other' : word))
    expect(index.judge(edited.join(' '), 0.9)).toEqual({ novel: false, nearest: { entry: 1, score: 0.99 } })
    expect(index.judge(edited.slice(0, 41_000).join(' '), 0.9).nearest).toEqual({ entry: 0, score: rougeLF(39_600, 41_000, 40_000) })
    expect(index.judge(edited.slice(0, 20_000).join(' '), 0.9).novel).toBe(true)
  })

  it('finds long texts whose first shared word comes late in its order', () => {
    const numbered = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}${i}`)
    const index = createNoveltyIndex({ threshold: 0.7, nearest: 'rejected' })
    for (let i = 0; i < 500; i++) index.add(`filler ${i}`) // or the index would rather scan
    index.add([...numbered('shared', 600), ...numbered('own', 200)].join(' ')) // the youngest words come first in the order
    const text = [...numbered('shared', 600), ...numbered('other', 200)].join(' ')
    expect(index.judge(text, 0.7)).toEqual({ novel: false, nearest: { entry: 500, score: 0.75 } })
    expect(index.statistics().scans).toBe(0)
  })

  it('says what it expected', () => {
    expect(() => createNoveltyIndex({ threshold: 0.2 })).toThrow('expected a threshold in [0.3, 1], got 0.2')
    expect(() => createNoveltyIndex({ tokenizer: 'klingon' as 'rouge' })).toThrow('expected a tokenizer of rouge, unicode; got klingon')
  })
})
