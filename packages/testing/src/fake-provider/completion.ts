/** What the teacher said and what it costs. */
export type Completion = {
  readonly text: string
  /** `stop` and `length` from the teacher; faults say anything. */
  readonly finishReason: string
  readonly usage: CompletionUsage
}

export type CompletionUsage = {
  readonly inputTokens: number
  /** Part of inputTokens found in the prompt cache. */
  readonly cachedTokens?: number | undefined
  /** All billed output, hidden reasoning included. */
  readonly outputTokens: number
  readonly reasoningTokens?: number | undefined
}
