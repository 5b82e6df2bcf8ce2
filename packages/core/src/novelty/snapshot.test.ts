import { describe, expect, it } from 'vitest'
import { createScanIndex } from '../fixtures/scan-index.ts'
import { textStream } from '../fixtures/text-stream.ts'
import { createNoveltyIndex } from '../novelty-index.ts'

function filled(): { readonly index: ReturnType<typeof createNoveltyIndex>; readonly oracle: ReturnType<typeof createScanIndex> } {
  const index = createNoveltyIndex({ threshold: 0.5 })
  const oracle = createScanIndex()
  const stream = textStream(80, 3)
  for (let i = 0; i < 400; i++) {
    const text = stream.next().value
    index.add(text)
    oracle.add(text)
  }
  for (const entry of [0, 5, 399]) {
    index.remove(entry)
    oracle.remove(entry)
  }
  return { index, oracle }
}

describe('snapshot', () => {
  it('goes on with the same answers and the same entry numbers', () => {
    const { index, oracle } = filled()
    const copy = createNoveltyIndex({ snapshot: index.snapshot() })
    const stream = textStream(90, 4)
    for (let i = 0; i < 200; i++) {
      const text = stream.next().value
      expect(copy.judge(text, 0.7)).toEqual(oracle.judge(text, 0.7))
      expect(copy.add(text)).toBe(oracle.add(text))
    }
    expect(copy.size).toBe(oracle.size)
  })

  it('is the same bytes before and after', () => {
    const { index } = filled()
    const bytes = index.snapshot()
    expect(createNoveltyIndex({ snapshot: bytes }).snapshot()).toEqual(bytes)
    const empty = createNoveltyIndex().snapshot()
    expect(createNoveltyIndex({ snapshot: empty }).snapshot()).toEqual(empty)
  })

  it('may lie anywhere in a larger buffer', () => {
    const { index } = filled()
    const bytes = index.snapshot()
    const shifted = new Uint8Array(bytes.length + 3).subarray(3)
    shifted.set(bytes)
    expect(createNoveltyIndex({ snapshot: shifted }).size).toBe(index.size)
  })

  it('keeps the threshold it was built for, unless another is asked for', () => {
    const { index } = filled()
    const again = createNoveltyIndex({ snapshot: index.snapshot() })
    expect(again.snapshot()).toEqual(index.snapshot())
    expect(createNoveltyIndex({ snapshot: index.snapshot(), threshold: 0.9 }).snapshot()).not.toEqual(index.snapshot())
  })

  it.each([
    ['is empty', () => new Uint8Array(0), 'it is not one'],
    ['begins otherwise', (bytes: Uint8Array) => bytes.with(0, 0), 'it is not one'],
    ['is of another version', (bytes: Uint8Array) => bytes.with(8, 9), 'its version is 9, this release reads 1'],
    ['was cut', (bytes: Uint8Array) => bytes.slice(0, -1), 'it was cut or joined'],
    ['was joined', (bytes: Uint8Array) => new Uint8Array([...bytes, 0]), 'it was cut or joined'],
    ['was changed', (bytes: Uint8Array) => bytes.with(bytes.length - 9, 77), 'it was changed'],
  ])('refuses one that %s', (_, damage, message) => {
    const { index } = filled()
    expect(() => createNoveltyIndex({ snapshot: damage(index.snapshot()) })).toThrow(message)
  })

  it('refuses every single flipped bit', () => {
    const index = createNoveltyIndex()
    for (const text of ['one two three', '', 'two one']) index.add(text)
    const bytes = index.snapshot()
    for (let i = 0; i < bytes.length; i++) {
      for (let bit = 0; bit < 8; bit++) expect(() => createNoveltyIndex({ snapshot: bytes.with(i, bytes[i]! ^ (1 << bit)) })).toThrow(RangeError)
    }
  })

  it('refuses the snapshot of another tokenizer', () => {
    const { index } = filled()
    expect(() => createNoveltyIndex({ snapshot: index.snapshot(), tokenizer: 'unicode' })).toThrow('made with the tokenizer rouge; got unicode')
    expect(() => createNoveltyIndex({ snapshot: index.snapshot(), tokenize: (text) => text.split(' ') })).toThrow('made with the tokenizer rouge; got custom')
  })
})
