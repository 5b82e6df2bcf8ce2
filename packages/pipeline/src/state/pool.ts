import { createNoveltyIndex, createTokenizerLossCounter } from '@sedi/core'
import type { RunConfig, Task } from '@sedi/spec'

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

export type Admitted = { readonly id: string; readonly instruction: string }

/** K: everything kept, in order, and how new a text is beside it and what there was before. */
export type Pool = {
  readonly examples: readonly KeptExample[]
  /** What texts are compared with, in order: what there was before, then everything admitted. */
  readonly admitted: readonly Admitted[]
  get(id: string): KeptExample | undefined
  judge(instruction: string): SimilarityVerdict
  /** From here on, texts are compared with this one, whether or not it is kept in the end. */
  admit(id: string, instruction: string): void
  /** Makes an admitted instruction part of the pool. */
  keep(example: KeptExample): void
  /** What to tell people when the tokenizer does not see what many of the texts say. */
  tokenizerWarning(): string | undefined
}

/** @param before human seeds and the texts of `filter.against`: in the index, so that nothing repeats them, but not in the pool: they are never trained on */
export function createPool(before: readonly Admitted[], { threshold, tokenizer }: Pick<RunConfig['filter'], 'threshold' | 'tokenizer'>): Pool {
  const index = createNoveltyIndex({ tokenizer })
  const loss = createTokenizerLossCounter(tokenizer)
  const admitted: Admitted[] = [] // by index entry
  const examples: KeptExample[] = []
  const byId = new Map<string, KeptExample>()

  function admit(id: string, instruction: string): void {
    admitted[index.add(instruction)] = { id, instruction }
    loss.add(instruction)
  }
  for (const { id, instruction } of before) admit(id, instruction)

  return {
    examples,
    admitted,
    get: (id) => byId.get(id),
    judge(instruction) {
      const { novel, nearest } = index.judge(instruction, threshold)
      return { novel, nearest: nearest && { id: admitted[nearest.entry]!.id, score: nearest.score } }
    },
    admit,
    keep(example) {
      examples.push(example)
      byId.set(example.id, example)
    },
    tokenizerWarning: () => loss.result().warning,
  }
}
