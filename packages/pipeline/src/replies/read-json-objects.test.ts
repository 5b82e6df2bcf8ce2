import { createRng } from '@sedi/core'
import { describe, expect, it } from 'vitest'
import { readJsonObjects } from './read-json-objects.ts'

const read = (text: string): unknown[] => [...readJsonObjects(text).objects]

describe('readJsonObjects', () => {
  it('reads JSON as JSON.parse does', () => {
    const value = { a: 'x"y\\z\n\t\u00e9', b: [1, -2.5e3, true, false, null, { c: {} }], d: '' }
    expect(read(JSON.stringify(value)).at(-1)).toEqual(value)
    expect(read(JSON.stringify(value, null, 2)).at(-1)).toEqual(value)
    expect(read('{"a": "\\u00e9\\u0041\\/"}')).toEqual([{ a: 'éA/' }])
  })

  it.each([
    ['prose and a fence around it', 'Sure! Here it is:\n```json\n{"a": 1}\n```\nAnything else?', [{ a: 1 }]],
    ['trailing commas', '{"a": [1, 2,], "b": 2,}', [{ a: [1, 2], b: 2 }]],
    ['missing commas', '{"a": "x" "b": "y"}\n{"c": [1 2]}', [{ a: 'x', b: 'y' }, { c: [1, 2] }]],
    ['single quotes and bare keys', "{'a': 'it', b: 'x'}", [{ a: 'it', b: 'x' }]],
    ['line breaks in strings', '{"a": "one\ntwo"}', [{ a: 'one\ntwo' }]],
    ['quotation marks that were not escaped', '{"a": "say "hello" twice", "b": 1}', [{ a: 'say "hello" twice', b: 1 }]],
    ['NaN, None, True, undefined', '{"a": NaN, "b": None, "c": True, "d": undefined}', [{ a: null, b: null, c: true, d: null }]],
    ['comments', '{"a": 1, // one\n/* two */ "b": 2}', [{ a: 1, b: 2 }]],
    ['equal keys: the later one', '{"a": 1, "a": 2}', [{ a: 2 }]],
    ['a key of the prototype', '{"__proto__": {"x": 1}, "toString": "t"}', undefined],
  ])('tolerates %s', (_, text, wanted) => {
    const objects = read(text)
    if (wanted === undefined) expect(Object.getPrototypeOf(objects.at(-1))).toBe(Object.prototype)
    else expect(objects).toEqual(wanted)
  })

  it('recovers every complete object of a text that is cut off anywhere', () => {
    const tasks = Array.from({ length: 6 }, (_, i) => ({ instruction: `Task ${i}: {not} "json"`, input: '[1, 2]', n: i }))
    const whole = JSON.stringify({ tasks })
    const ends = tasks.map((task) => whole.indexOf(JSON.stringify(task)) + JSON.stringify(task).length)
    for (let length = 0; length <= whole.length; length++) {
      const complete = tasks.filter((_, i) => ends[i]! <= length)
      const found = read(whole.slice(0, length)).filter((object) => typeof object === 'object' && object !== null && 'n' in object)
      expect(found).toEqual(complete)
    }
  })

  it('goes on behind a broken object', () => {
    for (const broken of ['{"a": "never closed, "b": 1}', '{"a" 1}', '{"a": }', '{a b c}', '{"a": [1, {"b": ', '{{{{']) {
      expect(read(`[${broken},\n{"good": 1}, {"good": 2}]`)).toEqual(expect.arrayContaining([{ good: 1 }, { good: 2 }]))
    }
  })

  it('never throws, and ends, whatever comes', () => {
    const rng = createRng(1, 'json-fuzz')
    const pieces = [
      '{',
      '}',
      '[',
      ']',
      '"',
      "'",
      ':',
      ',',
      '\\',
      '\\u12',
      'a',
      'instruction',
      '\n',
      '//',
      '/*',
      '*/',
      'NaN',
      '-',
      '\ud800',
      '\u0000',
      '漢',
      '1e9',
    ]
    for (let i = 0; i < 3000; i++) read(Array.from({ length: rng.int(40) }, () => rng.pick(pieces)).join(''))
    for (const piece of ['{', '[', '{"a":', '{a:"', "{a:'", '{"a":"\\', '{"a":[', '/*', '//', '{"a" ', ' ', '{"a":1,', '"']) read(piece.repeat(20_000))
  })
})
