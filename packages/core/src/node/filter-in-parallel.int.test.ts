import { describe, expect, it } from 'vitest'
import { textStream } from '../fixtures/text-stream.ts'
import { createNoveltyIndex } from '../novelty-index.ts'
import { filterInParallel } from './filter-in-parallel.ts'

function filterInOrder(texts: readonly string[], threshold: number, tokenizer?: 'unicode') {
  const index = createNoveltyIndex({ threshold, tokenizer, nearest: 'rejected' })
  const positions: number[] = []
  return texts.map((text, position) => {
    const { novel, nearest } = index.judge(text, threshold)
    if (novel) positions[index.add(text)] = position
    return { novel, nearest: nearest === undefined ? -1 : positions[nearest.entry], score: nearest?.score ?? 0 }
  })
}

async function filterAtOnce(texts: readonly string[], options: Parameters<typeof filterInParallel>[1]) {
  const { kept, novel, nearest, scores } = await filterInParallel(texts, options)
  expect(kept).toBe(novel.reduce((sum, one) => sum + one, 0))
  return texts.map((_, i) => ({ novel: novel[i] === 1, nearest: nearest[i], score: scores[i] }))
}

describe('filterInParallel', () => {
  it.each([
    { words: 4000, threshold: 0.7, workers: 1, blockSize: 100 },
    { words: 4000, threshold: 0.5, workers: 3, blockSize: 64 },
    { words: 40, threshold: 0.85, workers: 2, blockSize: 1 },
    { words: 12, threshold: 0.95, workers: 2, blockSize: 333 },
    { words: 800, threshold: 0.3, workers: 2, blockSize: 100_000 },
  ])('decides and names neighbours as one index does: %o', async ({ words, ...options }) => {
    const stream = textStream(words, 21)
    const texts = Array.from({ length: options.blockSize === 1 ? 300 : 2500 }, () => stream.next().value)
    const expected = filterInOrder(texts, options.threshold)
    expect(await filterAtOnce(texts, options)).toEqual(expected)
    const rejected = expected.filter(({ novel }) => !novel).length
    expect(rejected).toBeGreaterThan(texts.length / 20)
    expect(rejected).toBeLessThan(texts.length * 0.99)
  })

  it('reads other scripts when told to', async () => {
    const stream = textStream(300, 22)
    const texts = Array.from({ length: 600 }, () =>
      stream
        .next()
        .value.replaceAll('w', 'ж')
        .replaceAll(/\d/g, (digit) => 'абвгдеиклм'[Number(digit)]!),
    )
    const options = { threshold: 0.7, tokenizer: 'unicode', workers: 2, blockSize: 50 } as const
    expect(await filterAtOnce(texts, options)).toEqual(filterInOrder(texts, 0.7, 'unicode'))
  })

  it('takes no texts, and refuses what it cannot do before it starts a thread', async () => {
    expect(await filterInParallel([], { threshold: 0.7 })).toMatchObject({ kept: 0, novel: new Uint8Array(0) })
    await expect(filterInParallel(['a'], { threshold: 0.1 })).rejects.toThrow('expected a threshold in [0.3, 1], got 0.1')
    await expect(filterInParallel(['a'], { threshold: 0.7, workers: 0 })).rejects.toThrow('expected workers ≥ 1, got 0')
    await expect(filterInParallel(['a'], { threshold: 0.7, tokenizer: 'klingon' as 'rouge' })).rejects.toThrow('got klingon')
  })
})
