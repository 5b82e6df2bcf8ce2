/** Options every adapter call takes. */
export type CallOptions = {
  /** Aborts the call; the adapter rejects with code `aborted`. */
  readonly signal?: AbortSignal | undefined
}

export type Message = { readonly role: 'system' | 'user' | 'assistant'; readonly content: string }

/** What every text model understands. A setting the provider lacks becomes a warning in the result, never an error. */
export type GenerateRequest = {
  readonly messages: readonly Message[]
  readonly maxOutputTokens: number
  readonly temperature?: number | undefined
  readonly topP?: number | undefined
  readonly stop?: readonly string[] | undefined
  /** A hint for reproducible sampling; providers may ignore it. A 32-bit unsigned integer. */
  readonly seed?: number | undefined
}

/** Tokens as the provider counted them; `undefined` where it did not say (unknown is not 0). */
export type Usage = {
  readonly inputTokens?: number | undefined
  /** Part of inputTokens read from the provider's prompt cache. */
  readonly cachedInputTokens?: number | undefined
  /** All billed output, reasoning included. */
  readonly outputTokens?: number | undefined
  /** Part of outputTokens spent on hidden reasoning. */
  readonly reasoningTokens?: number | undefined
}

export type FinishReason = 'stop' | 'length' | 'content-filter' | 'other'

export type GenerateResult = {
  /** The completion; may be '' (a reasoning model that spent its whole allowance). */
  readonly text: string
  readonly finishReason: FinishReason
  readonly usage: Usage
  /** The model that answered, in the provider's words; may differ from the one asked. */
  readonly modelId: string
  readonly warnings: readonly string[]
  /** The provider's reply as it came, for the ledger and for debugging. */
  readonly raw: unknown
}

/**
 * A language model. One call is one attempt: no retries, no queueing, no accounting;
 * those wrap it from outside (`@sedi/pipeline` calls/).
 */
export interface TextGenerator {
  readonly specVersion: 1
  /** The provider's id in our registry: `openai`. */
  readonly provider: string
  /** The provider's own name for the model. */
  readonly modelId: string
  /** Throws SediError with a provider code; `retryable` says whether the same request may succeed later, `details.charged` what the attempt may have cost. */
  generate(request: GenerateRequest, call?: CallOptions): Promise<GenerateResult>
}

/**
 * What a failed attempt may have cost: `none` when the provider refused it before doing work (most 4xx and 5xx statuses),
 * `uncertain` when it may have been served and billed although no answer arrived (a reset, a time-out, a gateway's time-out, a cut body).
 * Adapters put it into `SediError.details.charged`; missing means `uncertain`.
 */
export type Charged = 'none' | 'uncertain'

/** Turns texts into vectors. */
export interface Embedder {
  readonly specVersion: 1
  readonly provider: string
  readonly modelId: string
  /** Most texts per call; `Infinity` when the provider sets no limit. */
  readonly maxBatchSize: number
  /** One (D,) row per text, in input order. */
  embed(texts: readonly string[], call?: CallOptions): Promise<{ readonly embeddings: readonly Float32Array[]; readonly usage: Usage }>
}

/** Teacher-forced probabilities of given completions. */
export interface Scorer {
  /**
   * For each item, natural-log probabilities over the completion's tokens (end-of-answer token included):
   * of the target token and of the most probable token. Both arrays have the same length.
   */
  score(
    items: readonly { readonly prompt: string; readonly completion: string }[],
    call?: CallOptions,
  ): Promise<readonly { readonly tokenLogprobs: readonly number[]; readonly topLogprobs: readonly number[] }[]>
}

/** Says whether a task's answer is right. A real run rarely has one; a simulated world does. */
export interface Verifier {
  readonly specVersion: 1
  readonly id: string
  /** `unknown` when this verifier cannot judge the task (it does not recognise it). */
  verify(task: { readonly instruction: string; readonly input: string; readonly output: string }): Promise<Verification>
}

export type Verification = { readonly verdict: 'right' | 'wrong' | 'unknown'; readonly reason: string }
