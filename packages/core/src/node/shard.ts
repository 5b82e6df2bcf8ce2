import { FilterIndex } from '../novelty/filter-index.ts'
import { tokenizeRouge } from '../tokenize-rouge.ts'

/** Texts as numbers of words, one after another: text i is words[starts[i], starts[i + 1]). */
export type WordBlock = { readonly words: Int32Array; readonly starts: Int32Array; readonly vocabulary: number }

/** For each text of a block: its nearest entry of the shard above the threshold, or -1, and their score. */
export type ShardAnswer = { readonly entries: Int32Array; readonly scores: Float64Array }

export type ShardRequest = { readonly add: WordBlock; readonly judge: WordBlock }

/** One part of a pool: adds some texts and judges all of a block against what it holds. */
export function createShard(threshold: number): (request: ShardRequest) => ShardAnswer {
  const filter = new FilterIndex(tokenizeRouge, threshold) // it never sees a string
  return ({ add, judge }) => {
    for (const text of textsOf(add)) filter.addWords(text, add.vocabulary)
    const count = judge.starts.length - 1
    const entries = new Int32Array(count).fill(-1)
    const scores = new Float64Array(count)
    let i = 0
    for (const text of textsOf(judge)) {
      const nearest = filter.search.nearest(filter.prepareWords(text, judge.vocabulary), filter.index, threshold)
      if (nearest !== undefined) {
        entries[i] = nearest.entry
        scores[i] = nearest.score
      }
      i++
    }
    return { entries, scores }
  }
}

function* textsOf({ words, starts }: WordBlock): Generator<Int32Array> {
  for (let i = 0; i + 1 < starts.length; i++) yield words.subarray(starts[i], starts[i + 1])
}

export function packTexts(texts: readonly Int32Array[], vocabulary: number): WordBlock {
  const starts = new Int32Array(texts.length + 1)
  texts.forEach((text, i) => {
    starts[i + 1] = starts[i]! + text.length
  })
  const words = new Int32Array(starts[texts.length]!)
  texts.forEach((text, i) => {
    words.set(text, starts[i])
  })
  return { words, starts, vocabulary }
}
