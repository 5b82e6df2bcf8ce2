import { describe, expect, it } from 'vitest'
import { createRng } from '../rng.ts'
import { tokenizeRouge } from '../tokenize-rouge.ts'
import { TextReader } from './text-reader.ts'

function wordsOf(reader: TextReader): string[] {
  return Array.from({ length: reader.count }, (_, i) => String.fromCharCode(...reader.units.subarray(reader.starts[i], reader.starts[i + 1])))
}

describe('TextReader', () => {
  it('reads the words of tokenizeRouge, whatever code units stand between, before and after them', () => {
    const reader = new TextReader(tokenizeRouge)
    for (let unit = 0; unit <= 0xffff; unit++) {
      const character = String.fromCharCode(unit)
      for (const text of [character, `aB${character}Z9`]) {
        reader.read(text)
        expect(wordsOf(reader).join('|')).toBe(tokenizeRouge(text).join('|'))
      }
    }
  })

  it('reads no word out of characters above the basic plane', () => {
    for (let code = 0x10000; code <= 0x10ffff; code++) {
      if (/[a-z0-9]/.test(String.fromCodePoint(code).toLowerCase())) expect.unreachable(`U+${code.toString(16)} has a lower case in ASCII`)
    }
  })

  it('gives equal words equal hashes, of either way of reading', () => {
    const rng = createRng(1, 'reader')
    const [own, given] = [new TextReader(tokenizeRouge), new TextReader((text) => tokenizeRouge(text))]
    for (let i = 0; i < 500; i++) {
      const text = Array.from({ length: rng.int(3000) }, () => rng.pick([...'aZ09 -é\u0130\u212a'])).join('')
      own.read(text)
      given.read(text)
      expect(wordsOf(own)).toEqual(tokenizeRouge(text))
      expect(wordsOf(given)).toEqual(wordsOf(own))
      expect(given.hashes.subarray(0, given.count)).toEqual(own.hashes.subarray(0, own.count))
    }
  })
})
