import { expect, it } from 'vitest'
import { harmless } from './command.ts'

it('what is printed is text to a terminal, whoever wrote it', () => {
  expect(harmless('kept:\n\t“naïve” 😀 – 100 %')).toBe('kept:\n\t“naïve” 😀 – 100 %')
  expect(harmless('\u001b[2J\u001b]0;title\u0007\u009b31m\rover\b')).toBe('?[2J?]0;title??31m?over?')
})
