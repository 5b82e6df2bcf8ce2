import { hashStart, hashUnit } from './word-table.ts'

/** FNV-1a over all bytes but the four of the checksum itself, which begin at `at`. */
export function checksumAround(bytes: Uint8Array, at: number): number {
  let hash = hashStart
  for (let i = 0; i < bytes.length; i++) if (i < at || i >= at + 4) hash = hashUnit(hash, bytes[i]!)
  return hash >>> 0
}

/** Writes numbers one after another, little-endian whatever the machine. */
export function createWriter(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  let end = 0
  const take = (size: number): number => {
    end += size
    return end - size
  }
  return {
    u8: (value: number) => view.setUint8(take(1), value),
    u16: (value: number) => view.setUint16(take(2), value, true),
    u32: (value: number) => view.setUint32(take(4), value, true),
    f32: (value: number) => view.setFloat32(take(4), value, true),
    f64: (value: number) => view.setFloat64(take(8), value, true),
  }
}

/** Reads what a writer wrote, from a place on. */
export function createReader(bytes: Uint8Array, from: number) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let end = from
  const take = (size: number): number => {
    end += size
    return end - size
  }
  return {
    u8: () => view.getUint8(take(1)),
    u16: () => view.getUint16(take(2), true),
    u32: () => view.getUint32(take(4), true),
    f32: () => view.getFloat32(take(4), true),
    f64: () => view.getFloat64(take(8), true),
    i32s: (count: number): Int32Array => {
      const numbers = new Int32Array(count)
      const start = take(4 * count)
      for (let i = 0; i < count; i++) numbers[i] = view.getInt32(start + 4 * i, true)
      return numbers
    },
  }
}
