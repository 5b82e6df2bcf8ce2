import { expect, it } from 'vitest'
import { createScanIndex } from './fixtures/scan-index.ts'
import { textStream } from './fixtures/text-stream.ts'
import { createNoveltyIndex } from './novelty-index.ts'
import { createRng } from './rng.ts'

// The long form of novelty-index.test.ts: at least 100 million pairs, every decision, neighbour and score against a scan.
const streams = [
  { words: 20_000, threshold: 0.3 },
  { words: 20_000, threshold: 0.5 },
  { words: 20_000, threshold: 0.7 },
  { words: 20_000, threshold: 0.85 },
  { words: 20_000, threshold: 0.95 },
  { words: 3_000, threshold: 0.7, template: 14 },
  { words: 3_000, threshold: 0.85, template: 14 },
  { words: 300, threshold: 0.7 },
  { words: 40, threshold: 0.5 },
  { words: 40, threshold: 0.85 },
  { words: 9, threshold: 0.95 },
  { words: 2_000, threshold: 0.6, longWords: 600 },
]
let pairs = 0

it.each(streams)(
  'decides like a scan on a long stream of %o',
  ({ words, threshold, ...shape }) => {
    const rng = createRng(1, 'full', words)
    const index = createNoveltyIndex({ threshold, nearest: 'rejected' })
    const oracle = createScanIndex()
    const stream = textStream(words, 11, shape)
    let rejected = 0
    for (let i = 0; i < 9000; i++) {
      const text = stream.next().value
      const asked = i % 50 === 0 ? Math.min(1, threshold + 0.1) : threshold
      const expected = oracle.judge(text, asked)
      pairs += oracle.size
      const verdict = index.judge(text, asked)
      if (verdict.novel !== expected.novel || (!expected.novel && verdict.nearest?.entry !== expected.nearest?.entry)) expect(verdict).toEqual(expected)
      if (!expected.novel) expect(verdict.nearest!.score).toBe(expected.nearest!.score)
      if (i % 40 === 0) {
        expect(index.range(text, threshold)).toEqual(oracle.range(text, threshold))
        expect(index.topK(text, 10)).toEqual(oracle.topK(text, 10))
        expect(index.averageSimilarity(text)).toBe(oracle.averageSimilarity(text))
      }
      if (expected.novel) {
        expect(index.add(text)).toBe(oracle.add(text))
        if (i % 20 === 0) {
          const entry = rng.int(i + 1)
          index.remove(entry)
          oracle.remove(entry)
        }
      } else rejected++
    }
    expect(rejected).toBeGreaterThan(500)
  },
  600_000,
)

it('has compared at least 100 million pairs', () => {
  expect(pairs).toBeGreaterThan(100_000_000)
})
