import { tokenizeRouge } from '../tokenize-rouge.ts'
import { grow } from './grow.ts'
import { finishHash, hashStart, hashUnit } from './word-table.ts'

export type Tokenize = (text: string) => readonly string[]

/** The code units rouge_score keeps, lower-cased; 0 separates. */
const rougeUnits = new Uint8Array(128)
for (let unit = 0; unit < 128; unit++) {
  const lower = String.fromCharCode(unit).toLowerCase()
  if (/[a-z0-9]/.test(lower)) rougeUnits[unit] = lower.charCodeAt(0)
}
/** The only units outside ASCII whose lower case has ASCII letters: dotted capital I and the Kelvin sign. */
const [dottedI, kelvinSign] = [0x130, 0x212a]

/** Splits one text at a time into words, as spans of code units with their hashes; the arrays are valid until the next `read`. */
export class TextReader {
  /** Words of the text read last. */
  count = 0
  units = new Uint16Array(16)
  /** Word i is units[starts[i], starts[i + 1]). */
  starts = new Int32Array(16)
  hashes = new Int32Array(16)
  readonly #tokenize: Tokenize

  constructor(tokenize: Tokenize) {
    this.#tokenize = tokenize
  }

  read(text: string): void {
    this.count = 0
    if (this.#tokenize === tokenizeRouge) this.#readRouge(text)
    else this.#readWords(this.#tokenize(text))
  }

  /** What tokenizeRouge returns, without making its strings: about a tenth of its time. */
  #readRouge(text: string): void {
    this.units = grow(this.units, text.length)
    const units = this.units
    let end = 0
    let start = 0
    let hash = hashStart
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i)
      if (unit === dottedI || unit === kelvinSign) {
        this.count = 0
        this.#readRouge(text.toLowerCase())
        return
      }
      const kept = unit < 128 ? rougeUnits[unit]! : 0
      if (kept !== 0) {
        units[end++] = kept
        hash = hashUnit(hash, kept)
      } else if (end > start) {
        this.#push(start, end, hash)
        start = end
        hash = hashStart
      }
    }
    if (end > start) this.#push(start, end, hash)
  }

  #readWords(words: readonly string[]): void {
    let end = 0
    for (const word of words) {
      const start = end
      let hash = hashStart
      this.units = grow(this.units, end + word.length)
      for (let i = 0; i < word.length; i++) {
        const unit = word.charCodeAt(i)
        this.units[end++] = unit
        hash = hashUnit(hash, unit)
      }
      this.#push(start, end, hash)
    }
  }

  #push(start: number, end: number, hash: number): void {
    const i = this.count++
    if (i + 2 > this.starts.length) {
      this.starts = grow(this.starts, i + 2)
      this.hashes = grow(this.hashes, i + 2)
    }
    this.starts[i] = start
    this.starts[i + 1] = end
    this.hashes[i] = finishHash(hash)
  }
}
