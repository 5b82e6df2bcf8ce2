import { expect, test } from 'vitest'
import { encodeExample } from './encode-example.ts'
import { createTokenizer, endToken, separatorToken } from './tokenizer.ts'

const tokenizer = createTokenizer([])
const bytes = (text: string): number[] => [...new TextEncoder().encode(text)]

test('prompt, separator, answer, end; the answer and the end are the targets', () => {
  const encoded = encodeExample(tokenizer, { prompt: '12', completion: '345' }, 8)
  expect(encoded).toEqual({ tokens: [...bytes('12'), separatorToken, ...bytes('345'), endToken], targetCount: 4, cut: 'nothing' })
})

test('an empty answer still has its end as a target', () => {
  expect(encodeExample(tokenizer, { prompt: '', completion: '' }, 8)).toEqual({ tokens: [separatorToken, endToken], targetCount: 1, cut: 'nothing' })
})

test('a prompt too long loses its beginning', () => {
  const encoded = encodeExample(tokenizer, { prompt: '12345', completion: '678' }, 8)
  expect(encoded).toEqual({ tokens: [...bytes('345'), separatorToken, ...bytes('678'), endToken], targetCount: 4, cut: 'prompt' })
})

test('an answer that just fits leaves no prompt; one that does not loses its end and its end token', () => {
  const fits = encodeExample(tokenizer, { prompt: '12', completion: '345678' }, 8)
  expect(fits).toEqual({ tokens: [separatorToken, ...bytes('345678'), endToken], targetCount: 7, cut: 'prompt' })
  const cut = encodeExample(tokenizer, { prompt: '12', completion: '3456789' }, 8)
  expect(cut).toEqual({ tokens: [separatorToken, ...bytes('3456789')], targetCount: 7, cut: 'answer' })
})
