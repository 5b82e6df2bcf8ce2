/**
 * A stream of random numbers. Streams are values made from a seed and a path of names, never shared state:
 * two parts of a run that draw from different streams cannot disturb each other, whatever their order.
 */
export interface Rng {
  /** Uniform in [0, 1), 32 bits of precision. */
  next(): number
  /** Uniform integer in [0, bound). Throws RangeError unless bound is a positive integer up to 2^32. */
  int(bound: number): number
  /** Uniform choice. Throws RangeError on an empty array. */
  pick<T>(items: readonly T[]): T
  /** Index drawn in proportion to the weights (non-negative, not all 0). */
  weighted(weights: readonly number[]): number
  /** A new array in uniformly random order (Fisher–Yates). */
  shuffle<T>(items: readonly T[]): T[]
  /** `count` items without replacement, in random order; all of them when there are fewer. */
  sample<T>(items: readonly T[], count: number): T[]
  /** 32 random bits as an unsigned integer: a seed to hand on. */
  uint32(): number
}

/**
 * A stream named by a seed and a path, e.g. `createRng(1, 'generate', 3, 12)`: same arguments, same numbers, on any machine.
 *
 * Generator: sfc32 (Chris Doty-Humphrey, PractRand 0.95), 128 bits of state, filled by hashing the arguments and then run 20 steps.
 * Not for cryptography.
 */
export function createRng(seed: number, ...path: readonly (string | number)[]): Rng {
  const key = [seed, ...path].map((part) => (typeof part === 'number' ? `#${part}` : `$${part.length}:${part}`)).join('/')
  let a = hash32(key, 0x9e3779b9)
  let b = hash32(key, 0x243f6a88)
  let c = hash32(key, 0xb7e15162)
  let counter = 1

  function uint32(): number {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    c |= 0
    return sum >>> 0
  }
  for (let i = 0; i < 20; i++) uint32()

  const next = (): number => uint32() / 0x1_0000_0000

  function int(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > 0x1_0000_0000) throw new RangeError(`Rng.int: expected a bound in 1..2^32, got ${bound}`)
    return Math.floor(next() * bound)
  }

  function shuffle<T>(items: readonly T[]): T[] {
    const shuffled = items.slice()
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = int(i + 1)
      const held = shuffled[i]!
      shuffled[i] = shuffled[j]!
      shuffled[j] = held
    }
    return shuffled
  }

  return {
    next,
    int,
    uint32,
    shuffle,
    pick<T>(items: readonly T[]): T {
      if (items.length === 0) throw new RangeError('Rng.pick: expected at least one item, got none')
      return items[int(items.length)]!
    },
    weighted(weights: readonly number[]): number {
      let total = 0
      for (const weight of weights) {
        if (!(weight >= 0)) throw new RangeError(`Rng.weighted: expected non-negative weights, got ${weight}`)
        total += weight
      }
      if (!(total > 0)) throw new RangeError('Rng.weighted: expected at least one positive weight')
      let left = next() * total
      let last = 0
      for (let i = 0; i < weights.length; i++) {
        if (weights[i]! === 0) continue
        last = i
        left -= weights[i]!
        if (left < 0) return i
      }
      return last
    },
    sample<T>(items: readonly T[], count: number): T[] {
      return shuffle(items).slice(0, Math.max(0, count))
    },
  }
}

/**
 * MurmurHash3 (x86, 32 bits; Austin Appleby) over the text's UTF-16 code units taken two bytes each.
 * Returns an unsigned 32-bit integer. For hashing features and naming streams, not for security.
 */
export function hash32(text: string, seed = 0): number {
  let hash = seed | 0
  const units = text.length
  for (let i = 0; i + 1 < units; i += 2) {
    let block = text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16)
    block = Math.imul(block, 0xcc9e2d51)
    block = (block << 15) | (block >>> 17)
    hash ^= Math.imul(block, 0x1b873593)
    hash = (hash << 13) | (hash >>> 19)
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0
  }
  if (units % 2 === 1) {
    let block = Math.imul(text.charCodeAt(units - 1), 0xcc9e2d51)
    block = (block << 15) | (block >>> 17)
    hash ^= Math.imul(block, 0x1b873593)
  }
  hash ^= units * 2
  hash ^= hash >>> 16
  hash = Math.imul(hash, 0x85ebca6b)
  hash ^= hash >>> 13
  hash = Math.imul(hash, 0xc2b2ae35)
  hash ^= hash >>> 16
  return hash >>> 0
}
