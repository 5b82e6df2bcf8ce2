import { SediError } from '@sedi/spec'
import { expect, test } from 'vitest'
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts'

const tensors = [
  { name: 'a', shape: [2, 3], values: new Float32Array([1, -2, 3.5, 0, Number.NaN, Infinity]) },
  { name: 'b', shape: [], values: new Float32Array([7]) },
  { name: 'empty', shape: [0], values: new Float32Array(0) },
]

/** A file as the format's description has it, written by hand: `{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}` and 1.5, -2. */
function handMade(header: string, data: number[]): Uint8Array {
  return Uint8Array.from([header.length & 255, header.length >> 8, 0, 0, 0, 0, 0, 0, ...new TextEncoder().encode(header), ...data])
}
const floats = [0x00, 0x00, 0xc0, 0x3f, 0x00, 0x00, 0x00, 0xc0] // 1.5, -2 in little-endian IEEE 754

test('reads a hand-made file whose data is not aligned to four bytes', () => {
  const file = decodeSafetensors(handMade('{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', floats), 'hand.safetensors')
  expect(file.tensors).toEqual([{ name: 'w', shape: [2], values: new Float32Array([1.5, -2]) }])
  expect(file.metadata).toEqual({})
})

test('writes the bytes of the format', () => {
  const { bytes } = encodeSafetensors([{ name: 'w', shape: [2], values: new Float32Array([1.5, -2]) }], { kk: 'é' })
  const header = '{"__metadata__":{"kk":"é"},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'
  const padded = Buffer.from(header.padEnd(header.length + 7, ' '))
  expect(padded.length % 8).toBe(0)
  expect(Buffer.from(bytes)).toEqual(Buffer.concat([Buffer.from([padded.length, 0, 0, 0, 0, 0, 0, 0]), padded, Buffer.from(floats)]))
})

test('comes back as it was, values to the bit', () => {
  const { bytes, digest } = encodeSafetensors(tensors, { note: 'ünï "quoted"' })
  const file = decodeSafetensors(bytes, 'x')
  expect(file).toEqual({ tensors, metadata: { note: 'ünï "quoted"' }, digest })
})

test('the digest counts the tensors and not the metadata', () => {
  const { digest } = encodeSafetensors(tensors, {})
  expect(encodeSafetensors(tensors, { a: 'b' }).digest).toBe(digest)
  expect(encodeSafetensors([{ ...tensors[0]!, values: new Float32Array(6) }, ...tensors.slice(1)], {}).digest).not.toBe(digest)
})

test.each([
  ['is empty', new Uint8Array(0)],
  ['is shorter than its header', handMade('{}', []).subarray(0, 9)],
  ['has a huge header', Uint8Array.from([255, 255, 255, 255, 255, 255, 255, 255, 1])],
  ['has a header that is not JSON', handMade('{"w"', [])],
  ['has an entry without a shape', handMade('{"w":{"dtype":"F32","data_offsets":[0,8]}}', floats)],
  ['ends inside a tensor', handMade('{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', floats.slice(0, 7))],
  ['has offsets that do not fit the shape', handMade('{"w":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}', floats)],
])('refuses a file that %s', (_, bytes) => {
  expect(codeOf(() => decodeSafetensors(bytes, 'bad.safetensors'))).toBe('invalid-input')
})

test('refuses other types than float32 as unsupported', () => {
  expect(codeOf(() => decodeSafetensors(handMade('{"w":{"dtype":"F16","shape":[4],"data_offsets":[0,8]}}', floats), 'half'))).toBe('unsupported')
})

function codeOf(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (SediError.is(error)) return error.code
    throw error
  }
  return 'no error'
}
