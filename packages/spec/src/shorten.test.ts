import { describe, expect, it } from 'vitest'
import { beginningOf, oneLine, shorten, withoutControls } from './shorten.ts'

describe('shorten', () => {
  it('leaves what fits, and ends the rest with an ellipsis within the limit', () => {
    expect([shorten('abc', 3), shorten('abcd', 3), shorten('', 3)]).toEqual(['abc', 'ab…', ''])
  })

  it('never keeps half of a character, wherever the cut falls', () => {
    const text = 'a😀b𠮷c\ud83d'
    for (let most = 1; most <= text.length + 1; most++) {
      const [short, beginning] = [shorten(text, most), beginningOf(text, most)]
      expect(Math.max(short.length, beginning.length)).toBeLessThanOrEqual(most)
      expect(text.startsWith(beginning)).toBe(true)
      if (most < text.length) expect([short.isWellFormed(), beginning.isWellFormed()]).toEqual([true, true])
    }
    expect([beginningOf(text, 2), beginningOf(text, 3)]).toEqual(['a', 'a😀'])
  })
})

it('oneLine folds white space and lets no command through to a terminal', () => {
  expect(oneLine(' two\n\n  lines\t ')).toBe('two lines')
  expect(oneLine('\u001b[2J\u001b]0;title\u0007red \u009b31m \u202eabc')).toBe('?[2J?]0;title?red ?31m ?abc')
  expect(oneLine('x'.repeat(9), 4)).toBe('xxx…')
  expect(oneLine('\u2067שלום\u2069')).toBe('\u2067שלום\u2069')
  expect(withoutControls('kept:\n\tas it is\r')).toBe('kept:\n\tas it is?')
})
