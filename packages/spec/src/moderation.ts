import type { CallOptions } from './generation.ts'

/** A model that says whether a text is harmful. One call is one attempt, as for a TextGenerator. */
export interface Moderator {
  readonly specVersion: 1
  /** The moderator's id in our registry: `openai`. */
  readonly provider: string
  readonly modelId: string
  /** Most texts per call; `Infinity` when the provider sets no limit. */
  readonly maxBatchSize: number
  /** One judgement per text, in input order. Throws SediError with a provider code; `retryable` and `details.retryAfterMs` as for `generate`. */
  moderate(texts: readonly string[], call?: CallOptions): Promise<readonly Moderation[]>
}

/** What a moderation model says about one text. */
export type Moderation = {
  /** The provider's own verdict, at its own thresholds. */
  readonly flagged: boolean
  /** The categories behind it, in the provider's words, most certain first: `harassment`, `self-harm/intent`. Empty when not flagged. */
  readonly categories: readonly string[]
}
