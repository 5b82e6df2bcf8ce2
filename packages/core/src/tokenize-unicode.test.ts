import { describe, expect, it } from 'vitest'
import { createNoveltyIndex } from './novelty-index.ts'
import { tokenizeUnicode } from './tokenize-unicode.ts'

describe('tokenizeUnicode', () => {
  it.each([
    ['Straße № 3, Ｃａｆé', ['strasse', 'no', '3', 'café']],
    ["Don't panic, R2-D2!", ["don't", 'panic', 'r2', 'd2']],
    ['Добрый ДЕНЬ', ['добрый', 'день']],
    ['ΟΔΟΣ οδός', ['οδοσ', 'οδόσ']],
    ['cafe\u0301 caf\u00e9', ['café', 'café']],
    ['ﬁne ＡＢＣ', ['fine', 'abc']],
    ['नमस्ते दुनिया', ['नमस्ते', 'दुनिया']],
    ['مرحبا بالعالم', ['مرحبا', 'بالعالم']],
    ['😀 !!! …', []],
    ['', []],
  ])('splits %j', (text, words) => {
    expect(tokenizeUnicode(text)).toEqual(words)
  })

  it('finds words where no spaces are', () => {
    for (const text of ['私は学生です', '我喜欢学习语言', 'ฉันชอบอ่านหนังสือ']) {
      const words = tokenizeUnicode(text)
      expect(words.length).toBeGreaterThan(1)
      expect(words.join('')).toBe(text.normalize('NFKC'))
    }
  })

  it('makes an index see near-duplicates that rouge does not', () => {
    const texts = ['Отсортируй посылки по весу и назови города', 'Отсортируй посылки по весу и назови реки'] as const
    const verdicts = (['rouge', 'unicode'] as const).map((tokenizer) => {
      const index = createNoveltyIndex({ tokenizer })
      index.add(texts[0])
      return index.judge(texts[1], 0.7)
    })
    expect(verdicts).toEqual([
      { novel: true, nearest: undefined },
      { novel: false, nearest: { entry: 0, score: 0.8571428571428571 } },
    ])
  })
})
