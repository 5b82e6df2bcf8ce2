import { describe, expect, it } from 'vitest'
import { commonWords } from './common-words.ts'
import { longestCommonSubsequence } from './longest-common-subsequence.ts'
import { createRng } from './rng.ts'
import { type TokenizerName, tokenizers } from './tokenizers.ts'
import { createVocabulary } from './vocabulary.ts'

const marked = (text: string, ranges: readonly (readonly [number, number])[]): string[] => ranges.map(([from, to]) => text.slice(from, to))

describe('commonWords', () => {
  it.each<[TokenizerName, string, string, string[], string[]]>([
    ['rouge', 'The cat sat on the mat.', 'A cat: sat, on a MAT', ['cat', 'sat', 'on', 'mat'], ['cat', 'sat', 'on', 'MAT']],
    ['rouge', "Don't panic", 'don t', ['Don', 't'], ['don', 't']],
    ['rouge', 'İstanbul über 2', 'stanbul ber 2', ['stanbul', 'ber', '2'], ['stanbul', 'ber', '2']],
    ['unicode', 'Die Straße, №3', 'DIE STRASSE no3', ['Die', 'Straße', '№3'], ['DIE', 'STRASSE', 'no3']],
    [
      'unicode',
      'Отсортируй посылки и назови реки',
      'отсортируй ПОСЫЛКИ, назови города',
      ['Отсортируй', 'посылки', 'назови'],
      ['отсортируй', 'ПОСЫЛКИ', 'назови'],
    ],
    ['unicode', 'cafe\u0301 noir', 'caf\u00e9 noir', ['cafe\u0301', 'noir'], ['caf\u00e9', 'noir']],
    ['rouge', '', 'x', [], []],
    ['rouge', '私は学生', '私は学生', [], []],
  ])('%s: %j and %j', (tokenizer, a, b, ofA, ofB) => {
    const common = commonWords(a, b, tokenizer)
    expect(marked(a, common.a)).toEqual(ofA)
    expect(marked(b, common.b)).toEqual(ofB)
  })

  it('is as long as the longest common subsequence, in order, of the same words', () => {
    const rng = createRng(1, 'common words')
    for (let i = 0; i < 200; i++) {
      const [a, b] = Array.from({ length: 2 }, () =>
        Array.from({ length: rng.int(30) }, () => rng.pick(['red', 'blue', 'a', 'b', 'Ça', '42'])).join(rng.pick([' ', ', '])),
      ) as [string, string]
      for (const tokenizer of ['rouge', 'unicode'] as const) {
        const common = commonWords(a, b, tokenizer)
        const vocabulary = createVocabulary()
        const [x, y] = [a, b].map((text) => vocabulary.encode(tokenizers[tokenizer](text)))
        expect(common.a.length).toBe(longestCommonSubsequence(x!, y!))
        expect(marked(a, common.a).map((word) => word.toLowerCase())).toEqual(marked(b, common.b).map((word) => word.toLowerCase()))
        for (const ranges of [common.a, common.b]) expect(ranges.map(([from]) => from)).toEqual(ranges.map(([from]) => from).toSorted((p, q) => p - q))
      }
    }
  })

  it('compares the beginnings of texts that are very long', () => {
    const long = Array.from({ length: 5000 }, (_, i) => `w${i}`).join(' ')
    expect(commonWords(long, long).a.length).toBe(2000)
  })
})
