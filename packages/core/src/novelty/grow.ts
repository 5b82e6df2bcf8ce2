type Numbers = Int32Array | Uint16Array | Uint8Array | Float32Array | Float64Array

/**
 * The array itself when it holds `length` items, else a copy with more room (half as much again, an eighth from a million items on),
 * zero-filled. Amortised O(1) per item; one call copies everything, about 10 ms for 40 MB.
 */
export function grow<T extends Numbers>(array: T, length: number): T {
  if (length <= array.length) return array
  const grown = new (array.constructor as new (length: number) => T)(Math.max(length, array.length + (array.length >>> (array.length < 1 << 20 ? 1 : 3)), 16))
  grown.set(array)
  return grown
}
