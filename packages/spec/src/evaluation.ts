import type { CallOptions, Embedder, Scorer, TextGenerator } from './generation.ts'

/** One thing to judge: the question as the student sees it, and the gold answer where there is one. */
export type Sample = {
  readonly id: string
  readonly prompt: string
  readonly reference?: string | undefined
  /** Other right answers beside `reference`; the best match counts. */
  readonly references?: readonly string[] | undefined
  /** The options of a multiple-choice question, where they are not in its prompt. */
  readonly choices?: readonly string[] | undefined
  /** The student's answer, where it was given earlier: it is scored, and nobody is asked. */
  readonly prediction?: string | undefined
  /** The answer that the student's is compared with, for evaluators that compare two. */
  readonly baseline?: string | undefined
}

/** The models an evaluator may use; it gets the ones its `needs` name. */
export type EvalContext = CallOptions & {
  readonly generator?: TextGenerator | undefined
  readonly scorer?: Scorer | undefined
  readonly embedder?: Embedder | undefined
  /** The model that judges. Whoever hands it in accounts for what it is asked. */
  readonly judge?: TextGenerator | undefined
}

export type Score = {
  readonly value: number
  /** The student's answer, where the evaluator saw one. */
  readonly prediction?: string | undefined
  /** How the value came about, for people and for what is computed over all items. Plain JSON. */
  readonly details?: Readonly<Record<string, unknown>> | undefined
}

export type Metric = {
  readonly range: readonly [number, number]
  readonly higherIsBetter: boolean
  readonly unit: string
  readonly source: string
}

/** What an evaluator works with. */
export type EvaluatorNeeds = {
  readonly reference: boolean
  /** The student's answer: a generator that gives it, or `Sample.prediction`. */
  readonly generator: boolean
  /** A scorer is as good as the student's answer, and cheaper. */
  readonly scorerWillDo?: boolean | undefined
  readonly scorer: boolean
  readonly embedder: boolean
  /** A judge, and a `Sample.baseline` to compare with. Such an evaluator buys; `sedi evaluate` has it, a run does not. */
  readonly judge?: boolean | undefined
}

/**
 * Scores samples. Throws on failure: a failed judge is not a score of 0. Where the reason has a name of its own (`off-format`, `refused`),
 * the error's `details.reason` says it.
 */
export interface Evaluator {
  readonly specVersion: 1
  readonly id: string
  readonly metric: Metric
  readonly needs: EvaluatorNeeds
  score(sample: Sample, context: EvalContext): Promise<Score>
}
