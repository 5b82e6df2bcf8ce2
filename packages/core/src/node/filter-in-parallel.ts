import { availableParallelism } from 'node:os'
import { FilterIndex } from '../novelty/filter-index.ts'
import type { Neighbour } from '../novelty/search.ts'
import { TextReader } from '../novelty/text-reader.ts'
import { WordTable } from '../novelty/word-table.ts'
import { type TokenizerName, tokenizers } from '../tokenizers.ts'
import { packTexts, type ShardAnswer } from './shard.ts'
import { openShardPool } from './shard-pool.ts'

export type ParallelFilterOptions = {
  /** In [0.3, 1]. A text is rejected when its highest ROUGE-L F against the texts kept before it is greater. */
  readonly threshold: number
  /** @default 'rouge' */
  readonly tokenizer?: TokenizerName | undefined
  /** Threads beside the calling one; each holds a part of the pool. @default the machine's parallelism less one, at least 1 */
  readonly workers?: number | undefined
  /** Texts sent to the workers at once. Larger blocks mean fewer messages and more work for the calling thread. @default 4096 */
  readonly blockSize?: number | undefined
}

export type ParallelFilterResult = {
  readonly kept: number
  /** (N,) 1 where a text was kept. */
  readonly novel: Uint8Array
  /** (N,) for each rejected text the position of the most similar kept one before it (the earliest on ties), else -1. */
  readonly nearest: Int32Array
  /** (N,) their scores; 0 for kept texts. */
  readonly scores: Float64Array
}

/**
 * Filters many texts at once with worker threads; the decisions, neighbours and scores are those of one index asked in order.
 *
 * The pool is dealt out to the workers. Each judges every text of a block against its part, while the calling thread settles the block
 * before: among the parts' answers, and against what was kept too recently to have been sent. Tokenising stays on the calling thread.
 * Cost per text: the calling thread tokenises and compares with a few thousand recent texts; each worker prepares every text and searches its
 * part. For machines with several free cores and large pools: with one worker, on two shared cores, it was slower than a single index up to
 * a million texts. Throws RangeError as createNoveltyIndex does.
 */
export async function filterInParallel(texts: readonly string[], options: ParallelFilterOptions): Promise<ParallelFilterResult> {
  const { threshold, tokenizer = 'rouge', workers = Math.max(1, availableParallelism() - 1), blockSize = 4096 } = options
  if (!(threshold >= 0.3 && threshold <= 1)) throw new RangeError(`filterInParallel: expected a threshold in [0.3, 1], got ${threshold}`)
  if (tokenizers[tokenizer] === undefined)
    throw new RangeError(`filterInParallel: expected a tokenizer of ${Object.keys(tokenizers).join(', ')}; got ${tokenizer}`)
  for (const [name, value] of Object.entries({ workers, blockSize }))
    if (!Number.isInteger(value) || value < 1) throw new RangeError(`filterInParallel: expected ${name} ≥ 1, got ${value}`)

  const encode = createEncoder(tokenizer)
  const settling = createSettling(texts.length, threshold, workers)
  const shards = openShardPool(workers, threshold)
  const send = (start: number) => {
    const block = texts.slice(start, start + blockSize).map(encode.words)
    const judge = packTexts(block, encode.vocabulary())
    const answers = shards.ask(settling.takeKept().map((kept) => ({ add: packTexts(kept, encode.vocabulary()), judge })))
    return { start, block, answers }
  }
  try {
    for (let asked = texts.length > 0 ? send(0) : undefined; asked !== undefined; ) {
      const { start, block } = asked
      const answers = await asked.answers
      asked = start + blockSize < texts.length ? send(start + blockSize) : undefined
      settling.settle(start, block, answers, encode.vocabulary())
    }
  } finally {
    await shards.close()
  }
  return settling.result
}

function createEncoder(tokenizer: TokenizerName) {
  const reader = new TextReader(tokenizers[tokenizer])
  const table = new WordTable()
  return {
    vocabulary: () => table.size,
    words(this: void, text: string): Int32Array {
      reader.read(text)
      const { units, starts, hashes } = reader
      return Int32Array.from({ length: reader.count }, (_, i) => {
        const known = table.find(units, starts[i]!, starts[i + 1]!, hashes[i]!)
        return known >= 0 ? known : table.insert(units, starts[i]!, starts[i + 1]!, hashes[i]!)
      })
    },
  }
}

type Kept = { readonly position: number; readonly words: Int32Array; readonly entry: number }

/** Puts the parts' answers and the recently kept texts together, in input order. */
function createSettling(count: number, threshold: number, shardCount: number) {
  const novel = new Uint8Array(count)
  const nearest = new Int32Array(count).fill(-1)
  const scores = new Float64Array(count)
  /** What the shards had not been sent when they judged the block being settled. */
  const recent = new FilterIndex(tokenizers.rouge, threshold)
  const recentPositions: number[] = [] // by entry of `recent`
  /** By shard: the positions of its entries. */
  const dealt: number[][] = Array.from({ length: shardCount }, () => [])
  let [kept, dealtCount] = [0, 0]
  let sent: Kept[] = []
  let unsent: Kept[] = []

  function better(a: Neighbour | undefined, b: Neighbour): Neighbour {
    return a === undefined || b.score > a.score || (b.score === a.score && b.entry < a.entry) ? b : a
  }

  return {
    get result(): ParallelFilterResult {
      return { kept, novel, nearest, scores }
    },
    /** Deals what was kept since the last time to the shards. */
    takeKept(): Int32Array[][] {
      const shares: Int32Array[][] = dealt.map(() => [])
      for (const { position, words } of unsent) {
        const shard = dealtCount++ % shardCount
        dealt[shard]!.push(position)
        shares[shard]!.push(words)
      }
      sent = unsent
      unsent = []
      return shares
    },
    settle(start: number, block: readonly Int32Array[], answers: readonly ShardAnswer[], vocabulary: number): void {
      const old = sent // dealt out just now: the answers at hand do not know it yet
      block.forEach((words, i) => {
        let best: Neighbour | undefined
        answers.forEach(({ entries, scores: found }, shard) => {
          if (entries[i]! >= 0) best = better(best, { entry: dealt[shard]![entries[i]!]!, score: found[i]! })
        })
        const near = recent.search.nearest(recent.prepareWords(words, vocabulary), recent.index, threshold)
        if (near !== undefined) best = better(best, { entry: recentPositions[near.entry]!, score: near.score })
        const position = start + i
        if (best === undefined) {
          const entry = recent.addWords(words, vocabulary)
          recentPositions[entry] = position
          unsent.push({ position, words, entry })
          novel[position] = 1
          kept++
        } else {
          nearest[position] = best.entry
          scores[position] = best.score
        }
      })
      for (const { entry } of old) recent.remove(entry)
    },
  }
}
