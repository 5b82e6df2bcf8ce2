import type { Rng } from '@sedi/core'

export type Script = 'latin' | 'cyrillic' | 'devanagari'

const syllables: Readonly<Record<Script, readonly (readonly string[])[]>> = {
  latin: [
    [...'bcdfghklmnprstvwz', 'ch', 'st', 'tr', 'pl', 'sh'],
    ['a', 'e', 'i', 'o', 'u', 'ai', 'ea', 'ou'],
    ['', '', 'n', 'r', 's', 't', 'l', 'nd'],
  ],
  cyrillic: [[...'бвгджзклмнпрстфхцчш'], [...'аеиоуыэюя'], ['', '', 'н', 'р', 'т', 'л', 'ст']],
  devanagari: [[...'कखगघचछजटडणतदधनपबमयरलवसह'], ['ा', 'ि', 'ी', 'ु', 'ू', 'े', 'ो', ''], ['', 'न', 'र', 'त', 'ल']],
}

/** `count` different made-up words, the frequent ones (first) shorter. */
export function makeWords(count: number, script: Script, rng: Rng): string[] {
  const words = new Set<string>()
  while (words.size < count) {
    const parts = 1 + rng.int(words.size < 150 ? 1 : words.size < 3000 ? 2 : 3)
    let word = ''
    for (let i = 0; i < parts; i++) for (const sounds of syllables[script]) word += rng.pick(sounds)
    words.add(word)
  }
  return [...words]
}

/** Draws ranks 0…count-1 with probability proportional to 1 / (rank + offset)^exponent (Zipf–Mandelbrot), by a table of a million cells. */
export function createZipf(count: number, offset: number, exponent: number): (rng: Rng) => number {
  const weights = Float64Array.from({ length: count }, (_, rank) => (rank + offset) ** -exponent)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const cells = new Int32Array(1 << 20)
  let [rank, reached] = [0, weights[0]!]
  for (let cell = 0; cell < cells.length; cell++) {
    while (reached < ((cell + 0.5) / cells.length) * total && rank < count - 1) reached += weights[++rank]!
    cells[cell] = rank
  }
  return (rng) => cells[rng.uint32() >>> 12]!
}
