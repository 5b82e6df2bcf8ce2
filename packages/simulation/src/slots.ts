import type { Rng } from '@sedi/core'

/** What a slot of a wording can hold. */
export type Value = string | number | readonly (string | number)[]

/** One kind of operand: how to draw it, write it and read it back. */
export interface Slot<T extends Value> {
  /** Regular expression source for every text `render` can give, without groups that capture. */
  readonly pattern: string
  draw(rng: Rng): T
  /** `style` in [0, 1) chooses among spellings of the same value ("a, b, c" or "a, b and c"). */
  render(value: T, style: number): string
  /** Undefined when the text matches the pattern but is no value of the slot (a number out of range). */
  parse(text: string): T | undefined
}

/** One of a closed list of words or phrases; read without regard to case. */
export function oneOf(words: readonly string[]): Slot<string> {
  const byLowerCase = new Map(words.map((word) => [word.toLowerCase(), word]))
  const longestFirst = words.toSorted((a, b) => b.length - a.length)
  return {
    pattern: `\\b(?:${longestFirst.join('|')})\\b`,
    draw: (rng) => rng.pick(words),
    render: (word) => word,
    parse: (text) => byLowerCase.get(text.toLowerCase()),
  }
}

/** A whole number in low..high, in digits. */
export function numberFrom(low: number, high: number): Slot<number> {
  return {
    pattern: '\\b\\d{1,4}\\b',
    draw: (rng) => low + rng.int(high - low + 1),
    render: String,
    parse(text) {
      const value = Number(text)
      return value >= low && value <= high ? value : undefined
    },
  }
}

/** `least` to `most` items of another slot, all different. Written "a, b, c" or, in one case of three, "a, b and c". */
export function listOf<T extends string | number>(item: Slot<T>, least: number, most: number): Slot<readonly T[]> {
  return {
    pattern: `${item.pattern}(?:(?:, and |, | and )${item.pattern}){${least - 1},${most - 1}}`,
    draw(rng) {
      const length = least + rng.int(most - least + 1)
      const items = new Set<T>()
      while (items.size < length) items.add(item.draw(rng))
      return [...items]
    },
    render(values, style) {
      const items = values.map((value) => item.render(value, style))
      return style < 2 / 3 ? items.join(', ') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`
    },
    parse(text) {
      const items = text.split(/,\s+and\s+|,\s+|\s+and\s+/i).map((part) => item.parse(part))
      return items.every((value) => value !== undefined) ? items : undefined
    },
  }
}
