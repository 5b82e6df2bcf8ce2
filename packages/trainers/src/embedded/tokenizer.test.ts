import { createRng } from '@sedi/core'
import { expect, test } from 'vitest'
import { buildVocabulary } from './build-vocabulary.ts'
import { createTokenizer, endToken, firstPieceToken, padToken, separatorToken, splitPieces } from './tokenizer.ts'

const tokenizer = createTokenizer([' sort', ' the', 'é', '\n\n', ' 日本'])

test('splits words with their space, and single digits, marks and white space', () => {
  expect(splitPieces('Sort 42, now')).toEqual([' Sort', ' ', '4', '2', ',', ' now'])
  expect(splitPieces('a  b\n1')).toEqual([' a', ' ', ' b', '\n', '1'])
  expect(splitPieces('')).toEqual([])
})

test('a word is the same piece at the start of a text and inside it', () => {
  expect(tokenizer.encode('sort the')).toEqual([firstPieceToken, firstPieceToken + 1])
  expect(tokenizer.encode('the sort')).toEqual([firstPieceToken + 1, firstPieceToken])
})

test('what is not in the vocabulary becomes its UTF-8 bytes', () => {
  expect(tokenizer.encode('sorts')).toEqual([...new TextEncoder().encode(' sorts')])
  expect(tokenizer.encode('😀')).toEqual([0xf0, 0x9f, 0x98, 0x80])
})

test('every well-formed text comes back as it was', () => {
  const rng = createRng(1, 'texts')
  const alphabet = [
    ...' \t\n\r.,!?-0123456789abcXYZéß',
    ' ',
    ' ',
    '\u00a0',
    '\ufeff',
    '\u0301',
    '日',
    '本',
    '한',
    'ا',
    '😀',
    '👩‍👩‍👧',
    '🇫🇷',
    '\u0000',
    '٣',
    ' sort',
    ' the',
  ]
  for (let i = 0; i < 2000; i++) {
    const text = Array.from({ length: rng.int(12) }, () => rng.pick(alphabet)).join('')
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text)
  }
})

test('any sequence of code units comes back well-formed; lone surrogates become U+FFFD', () => {
  const rng = createRng(2, 'units')
  for (let i = 0; i < 2000; i++) {
    const text = String.fromCharCode(...Array.from({ length: rng.int(8) }, () => (rng.int(3) === 0 ? 0xd800 + rng.int(0x800) : rng.int(0x10000))))
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text.toWellFormed())
  }
})

test('special and unknown tokens decode to nothing', () => {
  expect(tokenizer.decode([separatorToken, firstPieceToken, endToken, padToken, 5000])).toBe('sort')
})

test('the vocabulary holds repeated pieces of more than one byte, the most frequent first, ties in code-unit order', () => {
  const texts = ['sort the list', 'sort the words, é é', 'sort once 1 1 1']
  expect(buildVocabulary(texts, 1000)).toEqual([' sort', ' the', ' é'])
  expect(buildVocabulary(texts, firstPieceToken + 1)).toEqual([' sort'])
  expect(buildVocabulary([], 1000)).toEqual([])
  expect(buildVocabulary(['b a', 'a b'], 1000)).toEqual([' a', ' b'])
})
