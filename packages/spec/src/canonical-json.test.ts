import { expect, it } from 'vitest'
import { canonicalJson } from './canonical-json.ts'

// Fingerprints, request hashes and hashes of training specs are over these bytes.
it('writes keys in order of their UTF-16 units, at every depth, and leaves out what is undefined', () => {
  const value = { b: [{ z: 1, a: undefined, Z: null }, 'ß\n“x”'], ä: 1e21, a: { 10: true, 9: -0, x: 0.1 }, B: {} }
  expect(canonicalJson(value)).toBe('{"B":{},"a":{"9":0,"10":true,"x":0.1},"b":[{"Z":null,"z":1},"ß\\n“x”"],"ä":1e+21}')
  expect(canonicalJson('x')).toBe('"x"')
})
