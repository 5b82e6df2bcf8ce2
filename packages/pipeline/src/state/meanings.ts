import { createSemanticIndex, type Neighbour } from '@sedi/core'
import { type CandidateFact, type Embedder, type RunConfig, SediError } from '@sedi/spec'
import type { RunAdapters, SemanticFilter } from '../run-context.ts'
import type { Pool } from './pool.ts'

/** The pool by meaning, as far as the embedder sees it. */
export type Meanings = {
  /** Says which instructions will be asked about, so that a bought embedder is asked once for all of them. */
  expect(instructions: readonly string[]): Promise<void>
  /** What an instruction is too near to, or undefined. */
  findAlike(instruction: string): Promise<Alike | undefined>
  /** What to tell people about decisions that were not exact. */
  warning(): string | undefined
}

export type Alike = { readonly nearest: Pick<CandidateFact, 'nearestId' | 'nearestScore'>; readonly detail: string }

/**
 * Follows the pool: what was admitted since the last question is embedded and entered first, in the pool's order, however it came in. So a run
 * that is continued compares with the same rows in the same order, and embeds its pool once more.
 */
export function createMeanings(
  pool: Pool,
  config: RunConfig['filter']['semantic'],
  { semanticFilter }: RunAdapters,
  stop?: AbortSignal | undefined,
): Meanings | undefined {
  if (config === undefined) return undefined
  if (semanticFilter === undefined) throw new SediError('internal', 'filter.semantic: the run was given no embedder for it.')
  const { provider, modelId } = semanticFilter.embedder
  const index = createMeaningIndex(semanticFilter, { nearest: 'rejected' })
  let entered = 0
  return {
    expect: async (instructions) => semanticFilter.prepare?.(instructions),
    async findAlike(instruction) {
      while (entered < pool.admitted.length) {
        // What was there before the session can be much; what one answer admits is finished.
        if (stop?.aborted === true && pool.admitted.length - entered > chunkSize)
          throw new SediError('aborted', 'Stopped while earlier texts were embedded; resuming begins that again.')
        const texts = pool.admitted.slice(entered, entered + chunkSize).map((one) => one.instruction)
        await index.add(texts)
        entered += texts.length
      }
      const nearest = await index.nearestAbove(instruction, config.threshold)
      if (nearest === undefined) return undefined
      return { nearest: { nearestId: pool.admitted[nearest.entry]!.id, nearestScore: nearest.score }, detail: `cosine of ${provider} ${modelId}` }
    },
    warning: () =>
      index.exact
        ? undefined
        : 'The pool is so large that filter.semantic asked a neighbour graph (filter.semantic.search) which instructions to compare with: close ones may have been missed.',
  }
}

/** Texts in a novelty index by meaning, numbered in order. Those without a direction (no words) are near to nothing, but have a number. */
export type MeaningIndex = {
  readonly exact: boolean
  add(texts: readonly string[]): Promise<void>
  /** The nearest text whose cosine is greater than the threshold, the earliest on ties. */
  nearestAbove(text: string, threshold: number): Promise<Neighbour | undefined>
}

/** Texts embedded at a time. */
const chunkSize = 512

/**
 * Throws `invalid-config` for an embedder whose rows do not compare between calls, and `unsupported` for one that may charge, unless a run
 * accounts for it (`calls/accounted-embedder.ts`): nothing is bought that is neither reserved nor recorded.
 */
export function createMeaningIndex({ embedder, search }: SemanticFilter, { nearest }: { readonly nearest: 'always' | 'rejected' }): MeaningIndex {
  checkEmbedder(embedder)
  const index = createSemanticIndex({ embedding: `${embedder.provider}/${embedder.modelId}`, nearest, search })
  const numbers: number[] = [] // of the text, by entry of the index
  let texts = 0
  let last: { readonly text: string; readonly row: Float32Array | undefined } | undefined // a text that was asked about is often the next to come

  async function rowsOf(wanted: readonly string[]): Promise<(Float32Array | undefined)[]> {
    if (wanted.length === 1 && wanted[0] === last?.text) return [last!.row]
    const { embeddings } = await embedder.embed(wanted)
    return embeddings.map((row) => (row.every((value) => value === 0) ? undefined : row))
  }

  return {
    get exact() {
      return index.exact
    },
    async add(wanted) {
      const size = Math.min(chunkSize, embedder.maxBatchSize)
      for (let start = 0; start < wanted.length; start += size) {
        for (const row of await rowsOf(wanted.slice(start, start + size))) {
          if (row !== undefined) numbers[index.add(row)] = texts
          texts++
        }
      }
    },
    async nearestAbove(text, threshold) {
      const [row] = await rowsOf([text])
      last = { text, row }
      if (row === undefined) return undefined
      const { novel, nearest: found } = index.judge(row, threshold)
      return novel ? undefined : { entry: numbers[found!.entry]!, score: found!.score }
    },
  }
}

function checkEmbedder({ provider, bought, rowsDependOn }: Embedder): void {
  if (rowsDependOn === 'call')
    throw new SediError(
      'invalid-config',
      `filter.semantic.embedder: the vectors of “${provider}” depend on all texts of a call, so those of different calls do not compare. Use word-parts, or an embedder whose vectors depend on the text alone.`,
    )
  if (bought === true)
    throw new SediError(
      'unsupported',
      `filter.semantic.embedder: “${provider}” may charge for its calls, and nothing is bought outside a run. Use an embedder that runs here, such as word-parts.`,
    )
}
