import { createNoveltyIndex, createTokenizerLossCounter } from '@sedi/core'
import type { RunConfig, SeedTask, Task } from '@sedi/spec'

/** A kept instruction. */
export type KeptExample = Task & {
  readonly id: string
  /** The seeds in the prompt it was written from. */
  readonly seedIds: readonly string[]
}

export type SimilarityVerdict = {
  readonly novel: boolean
  readonly nearest: { readonly id: string; readonly score: number } | undefined
}

/** K: everything kept, in order, and how new a text is beside it and the human seeds. */
export type Pool = {
  readonly examples: readonly KeptExample[]
  get(id: string): KeptExample | undefined
  judge(instruction: string): SimilarityVerdict
  keep(example: KeptExample): void
  /** What to tell people when the tokenizer does not see what many of the texts say. */
  tokenizerWarning(): string | undefined
}

/** Human seeds are in the index, so that nothing repeats them, but not in the pool: they are never trained on. */
export function createPool(humanSeeds: readonly SeedTask[], { threshold, tokenizer }: Pick<RunConfig['filter'], 'threshold' | 'tokenizer'>): Pool {
  const index = createNoveltyIndex({ tokenizer })
  const loss = createTokenizerLossCounter(tokenizer)
  const ids: string[] = [] // by index entry
  const examples: KeptExample[] = []
  const byId = new Map<string, KeptExample>()

  function enter(id: string, instruction: string): void {
    ids[index.add(instruction)] = id
    loss.add(instruction)
  }
  for (const seed of humanSeeds) enter(seed.id, seed.instruction)

  return {
    examples,
    get: (id) => byId.get(id),
    judge(instruction) {
      const { novel, nearest } = index.judge(instruction, threshold)
      return { novel, nearest: nearest && { id: ids[nearest.entry]!, score: nearest.score } }
    },
    keep(example) {
      enter(example.id, example.instruction)
      examples.push(example)
      byId.set(example.id, example)
    },
    tokenizerWarning: () => loss.result().warning,
  }
}
