import { type TokenizerName, tokenizers } from './tokenizers.ts'

/** Where a word stands in a text, in UTF-16 units, end excluded. */
export type WordRange = readonly [from: number, to: number]

export type CommonWords = {
  /** Places in the first text and in the second, of the same words in the same order. */
  readonly a: readonly WordRange[]
  readonly b: readonly WordRange[]
}

/** Words of a text that are looked at: the table of a comparison is the square of it. */
const mostWords = 2000

/**
 * The longest common subsequence of two texts’ words, with its places in both: what ROUGE-L counts, to be shown. Of several longest ones that
 * whose words come earliest in `b`. Only the first 2,000 words of each text are compared. Cost O(N·M) time and 2·N·M bytes for N and M words.
 *
 * @example commonWords('the cat sat', 'the dog sat').a // [[0, 3], [8, 11]]
 */
export function commonWords(a: string, b: string, tokenizer: TokenizerName = 'rouge'): CommonWords {
  const left = placedWords(a, tokenizer).slice(0, mostWords)
  const right = placedWords(b, tokenizer).slice(0, mostWords)
  const width = right.length + 1
  const lengths = new Uint16Array((left.length + 1) * width) // (N + 1, M + 1): of the words from i and from j on
  for (let i = left.length - 1; i >= 0; i--) {
    for (let j = right.length - 1; j >= 0; j--) {
      lengths[i * width + j] =
        left[i]!.word === right[j]!.word ? 1 + lengths[(i + 1) * width + j + 1]! : Math.max(lengths[(i + 1) * width + j]!, lengths[i * width + j + 1]!)
    }
  }
  const common: { a: WordRange[]; b: WordRange[] } = { a: [], b: [] }
  for (let i = 0, j = 0; i < left.length && j < right.length; ) {
    if (left[i]!.word === right[j]!.word) {
      common.a.push(left[i++]!.range)
      common.b.push(right[j++]!.range)
    } else if (lengths[(i + 1) * width + j]! >= lengths[i * width + j + 1]!) i++
    else j++
  }
  return common
}

type Placed = { readonly word: string; readonly range: WordRange }

/** The words a tokenizer makes of a text, with their places in it as it was written. */
function placedWords(text: string, tokenizer: TokenizerName): Placed[] {
  const { folded, from, to } = folding(text, tokenizer)
  const place = (start: number, length: number): Placed['range'] => [from[start]!, to[start + length - 1]!]
  if (tokenizer === 'rouge') return [...folded.matchAll(/[a-z0-9]+/g)].map(({ 0: word, index }) => ({ word, range: place(index, word.length) }))
  let searched = 0
  return tokenizers[tokenizer](folded).flatMap((word) => {
    const start = folded.indexOf(word, searched)
    if (start === -1) return []
    searched = start + word.length
    return [{ word, range: place(start, word.length) }]
  })
}

type Folding = {
  readonly folded: string /** Of each unit of `folded`: where what it came from begins and ends. */
  readonly from: readonly number[]
  readonly to: readonly number[]
}

/** Folds a text piece by piece, so that every piece knows where it was: single characters, or what a reader sees as one where marks belong to letters. */
function folding(text: string, tokenizer: TokenizerName): Folding {
  const pieces = tokenizer === 'rouge' ? [...text] : Array.from(new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text), ({ segment }) => segment)
  const fold = tokenizer === 'rouge' ? (piece: string) => piece.toLowerCase() : foldUnicode
  const [from, to]: [number[], number[]] = [[], []]
  let folded = ''
  let place = 0
  for (const piece of pieces) {
    const part = fold(piece)
    folded += part
    for (let i = 0; i < part.length; i++) {
      from.push(place)
      to.push(place + piece.length)
    }
    place += piece.length
  }
  return { folded, from, to }
}

/** As `tokenizeUnicode` does; doing it twice changes nothing. */
const foldUnicode = (piece: string): string => piece.normalize('NFKC').toUpperCase().toLowerCase().replaceAll('ς', 'σ').normalize('NFKC')
