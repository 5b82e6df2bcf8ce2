import { type Embedder, SediError } from '@sedi/spec'
import { afterEach, beforeEach, describe, expect } from 'vitest'
import { unicodeText } from '../fake-provider/faults.ts'
import { contractTests, type Skips } from './contract-tests.ts'

export type EmbedderTest =
  | 'gives one row per text, in order'
  | 'gives rows of one length'
  | 'gives rows of unit length'
  | 'gives the same rows again'
  | 'takes an empty list'
  | 'takes an empty text'
  | 'takes unicode'
  | 'can be aborted'

export type EmbedderContract = {
  readonly name: string
  /** A new embedder for each test. */
  create(): Promise<Embedder>
  destroy?(embedder: Embedder): Promise<void>
  readonly skip?: Skips<EmbedderTest>
}

const texts = ['Sort these words.', 'Count the vowels in a word.', 'Reverse the list.', 'Name the capital of France.']

/** What every Embedder must do. */
export function describeEmbedderContract(contract: EmbedderContract): void {
  describe(`Embedder: ${contract.name}`, () => {
    let embedder: Embedder
    beforeEach(async () => {
      embedder = await contract.create()
    })
    afterEach(async () => {
      await contract.destroy?.(embedder)
    })
    const test = contractTests<EmbedderTest>(contract.skip)
    const rowsOf = async (list: readonly string[]) => (await embedder.embed(list)).embeddings

    test('gives one row per text, in order', async () => {
      const rows = await rowsOf(texts)
      expect(rows).toHaveLength(texts.length)
      expect(new Set(rows.map(String)).size).toBe(texts.length)
      expect(await rowsOf(texts.toReversed())).toEqual(rows.toReversed())
    })

    test('gives rows of one length', async () => {
      const lengths = new Set((await rowsOf([...texts, '', unicodeText])).map((row) => row.length))
      expect(lengths.size).toBe(1)
      expect(Math.min(...lengths)).toBeGreaterThan(0)
    })

    test('gives rows of unit length', async () => {
      for (const row of await rowsOf(texts)) expect(Math.hypot(...row)).toBeCloseTo(1, 5)
    })

    test('gives the same rows again', async () => {
      expect(await rowsOf(texts)).toEqual(await rowsOf(texts))
    })

    test('takes an empty list', async () => {
      expect(await rowsOf([])).toEqual([])
    })

    // The zero row is allowed: what is near to nothing is no question a caller should ask.
    test('takes an empty text', async () => {
      const [row] = await rowsOf(['', ...texts])
      expect(row!.every(Number.isFinite)).toBe(true)
    })

    test('takes unicode', async () => {
      const [row] = await rowsOf([unicodeText, ...texts])
      expect(row!.every(Number.isFinite)).toBe(true)
    })

    test('can be aborted', async () => {
      const error = await embedder.embed(texts, { signal: AbortSignal.abort() }).catch((thrown: unknown) => thrown)
      expect(SediError.is(error, 'aborted')).toBe(true)
    })
  })
}
