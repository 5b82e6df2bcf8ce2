import type { CallOptions, Embedder, Scorer, TextGenerator } from './generation.ts'

/** One thing to judge: the question as the student sees it, and the gold answer where there is one. */
export type Sample = {
  readonly id: string
  readonly prompt: string
  readonly reference?: string | undefined
}

/** The models an evaluator may use; it gets the ones its `needs` name. */
export type EvalContext = CallOptions & {
  readonly generator?: TextGenerator | undefined
  readonly scorer?: Scorer | undefined
  readonly embedder?: Embedder | undefined
}

export type Score = {
  readonly value: number
  /** The student's answer, where the evaluator saw one. */
  readonly prediction?: string | undefined
}

export type Metric = {
  readonly range: readonly [number, number]
  readonly higherIsBetter: boolean
  readonly unit: string
  readonly source: string
}

/** Scores samples. Throws on failure: a failed judge is not a score of 0. */
export interface Evaluator {
  readonly specVersion: 1
  readonly id: string
  readonly metric: Metric
  readonly needs: { readonly reference: boolean; readonly generator: boolean; readonly scorer: boolean; readonly embedder: boolean }
  score(sample: Sample, context: EvalContext): Promise<Score>
}
