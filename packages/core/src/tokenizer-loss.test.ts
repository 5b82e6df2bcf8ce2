import { describe, expect, it } from 'vitest'
import { createTokenizerLossCounter, measureTokenizerLoss } from './tokenizer-loss.ts'

describe('measureTokenizerLoss', () => {
  it('counts the texts that keep less than half of their letters and digits', () => {
    const texts = ['Guten Tag', 'добрый день', 'Ωμέγα omega', '', '!!!', 'ab вг', 'ab вгд', '日本語の文 3']
    expect(measureTokenizerLoss(texts, 'rouge')).toMatchObject({ texts: 6, losing: 3, share: 0.5 })
    expect(measureTokenizerLoss(texts, 'unicode')).toEqual({ texts: 6, losing: 0, share: 0, warning: undefined })
  })

  it('warns above one percent only, and says what to do', () => {
    const texts = Array.from({ length: 99 }, () => 'plain text')
    expect(measureTokenizerLoss([...texts, 'слова'], 'rouge').warning).toBeUndefined()
    expect(measureTokenizerLoss([...texts, 'слова', 'слова'], 'rouge').warning).toBe(
      'The tokenizer “rouge” sees less than half of the letters in 2 of 101 texts (2.0 %): near-duplicates among them are not found. The tokenizer “unicode” reads every script.',
    )
    expect(measureTokenizerLoss(['a b'], 'mine', () => []).warning).toContain('“mine” sees less than half of the letters in 1 of 1 texts')
  })

  it('has nothing to say about no texts, and refuses unknown names', () => {
    expect(createTokenizerLossCounter('rouge').result()).toEqual({ texts: 0, losing: 0, share: 0, warning: undefined })
    expect(() => createTokenizerLossCounter('klingon')).toThrow('expected a tokenizer of rouge, unicode; got klingon')
  })
})
