import { nGrams } from './n-grams.ts'

export type SelfBleuOptions = {
  /** Longest n-gram, in 1, 2, …; its orders weigh the same. @default 4 */
  readonly order?: number | undefined
}

/** Counted instead of 0 matches, as nltk's `SmoothingFunction().method1` does. */
const epsilon = 0.1

/**
 * Self-BLEU: the mean over texts of BLEU with all other texts as references. High when texts repeat each other.
 *
 * `BLEU = b·exp(Σ ln pₙ / order)`, `pₙ` the clipped n-gram precision (0.1 matches instead of 0), b the brevity penalty for the reference
 * nearest in length; 0 where no word is shared. In [0, 1], higher is less varied; NaN below two texts. Grows with the number of texts: compare
 * equal sizes only. Cost O(order · words), not O(texts²): an n-gram's largest count in the other texts follows from its two largest counts.
 * Source: Zhu et al. 2018, "Texygen" (arXiv 1802.01886); equals nltk 3.10.4 `sentence_bleu(others, text, (1/order,)·order,
 * smoothing_function=SmoothingFunction().method1)`, averaged.
 */
export function selfBleu(texts: readonly (readonly string[])[], { order = 4 }: SelfBleuOptions = {}): number {
  if (!Number.isInteger(order) || order < 1) throw new RangeError(`selfBleu: expected an order ≥ 1, got ${order}`)
  if (texts.length < 2) return Number.NaN
  const logPrecisions = new Float64Array(texts.length) // (N,) Σ ln pₙ
  for (let n = 1; n <= order; n++) {
    const precisions = precisionsOf(texts, n)
    precisions.forEach(({ matches, grams }, i) => {
      if (n === 1 && matches === 0) logPrecisions[i] = Number.NEGATIVE_INFINITY
      else logPrecisions[i]! += Math.log((matches === 0 ? epsilon : matches) / Math.max(1, grams))
    })
  }
  const penalties = brevityPenalties(texts.map(({ length }) => length))
  return logPrecisions.reduce((sum, log, i) => sum + penalties[i]! * Math.exp(log / order), 0) / texts.length
}

type Precision = { readonly matches: number; readonly grams: number }

function precisionsOf(texts: readonly (readonly string[])[], n: number): Precision[] {
  const counts = texts.map((words) => countEach(nGrams(words, n)))
  const most = new Map<string, { first: number; second: number }>() // the two largest counts over all texts
  for (const own of counts) {
    for (const [gram, count] of own) {
      const known = most.get(gram)
      if (known === undefined) most.set(gram, { first: count, second: 0 })
      else if (count > known.first) most.set(gram, { first: count, second: known.first })
      else if (count > known.second) known.second = count
    }
  }
  return counts.map((own) => {
    let matches = 0
    let grams = 0
    for (const [gram, count] of own) {
      const { first, second } = most.get(gram)!
      // The own count is one of those that `most` was made of: where it is the largest, the others' largest is the second.
      matches += Math.min(count, count === first ? second : first)
      grams += count
    }
    return { matches, grams }
  })
}

function countEach(grams: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const gram of grams) counts.set(gram, (counts.get(gram) ?? 0) + 1)
  return counts
}

/** `exp(1 − r/c)` for a text of c words when the nearest length r among the others, the smaller on ties, is greater. */
function brevityPenalties(lengths: readonly number[]): number[] {
  const textsOfLength = new Map<number, number>()
  for (const length of lengths) textsOfLength.set(length, (textsOfLength.get(length) ?? 0) + 1)
  const different = [...textsOfLength.keys()].sort((a, b) => a - b)
  return lengths.map((own) => {
    if (textsOfLength.get(own)! > 1) return 1
    const at = different.indexOf(own)
    const below = different[at - 1]
    const above = different[at + 1]
    if (above === undefined || (below !== undefined && own - below <= above - own)) return 1
    return own === 0 ? 0 : Math.exp(1 - above / own)
  })
}
