import type { SediError } from './errors.ts'

/** Options every adapter call takes. */
export type CallOptions = {
  /** Aborts the call; the adapter rejects with code `aborted`. */
  readonly signal?: AbortSignal | undefined
  /**
   * Names the attempt, for good: after a crash the same attempt is asked for with the same key. A provider that keeps its work for us
   * (a batch) finds it again by it; others may ignore it.
   */
  readonly key?: string | undefined
  /** The attempt was begun by an earlier process and its outcome is not known: the provider may have its answer, also when we have no note of it. */
  readonly rejoin?: boolean | undefined
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
  /** The reply should be JSON of this schema. A provider that cannot hold a model to it sends none, with a warning: readers check what comes. */
  readonly responseFormat?: ResponseFormat | undefined
}

/** A JSON Schema in the strict subset that providers share: an object at the root, every property required, none additional. */
export type ResponseFormat = {
  /** 1 to 64 of [A-Za-z0-9_-]. */
  readonly name: string
  readonly schema: Readonly<Record<string, unknown>>
}

/** Tokens as the provider counted them; `undefined` where it did not say (unknown is not 0). */
export type Usage = {
  readonly inputTokens?: number | undefined
  /** Part of inputTokens read from the provider's prompt cache. */
  readonly cachedInputTokens?: number | undefined
  /** Part of inputTokens written to the provider's prompt cache, where that is billed apart; none of it is in cachedInputTokens. */
  readonly cacheWriteInputTokens?: number | undefined
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
  /** What of the request was changed before the model took it, and stays changed for later requests. */
  readonly adaptations?: readonly Adaptation[] | undefined
  /** What the reply says about the key's limits. */
  readonly rateLimits?: RateLimits | undefined
  /** What the answer cost, in nanodollars, where the provider itself says so; goes before tokens times price. */
  readonly costNanoUsd?: number | undefined
  /** The provider's reply as it came, for the ledger and for debugging. */
  readonly raw: unknown
}

/** A setting that a model does not accept and what is sent instead; learned from its refusal. */
export type Adaptation = {
  /** The setting in the provider's words: `temperature`, `max_tokens`. */
  readonly setting: string
  readonly action: 'dropped' | 'renamed' | 'emulated'
  /** The new name, or what does its work here; null when dropped. */
  readonly replacement: string | null
  /** The refusal that taught it, without secrets. */
  readonly reason: string
}

/** A key's limits as a provider reports them with a reply; what it does not say is undefined. */
export type RateLimits = {
  readonly requests?: RateLimit | undefined
  readonly tokens?: RateLimit | undefined
}

export type RateLimit = {
  /** Per minute. */
  readonly limit?: number | undefined
  readonly remaining?: number | undefined
  /** Time until `remaining` is `limit` again if nothing is sent. */
  readonly resetMs?: number | undefined
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
  /**
   * What becomes of an attempt whose process dies. `lost` (the default): it may have been billed and its answer is gone.
   * `rejoin`: the provider keeps working on it, and `generate` with the same `call.key` waits for that very answer instead of buying another.
   */
  readonly recovery?: 'lost' | 'rejoin' | undefined
  /** How many requests should be under way at once for this provider to work well (a batch gathers thousands); the run's own limit when not given. */
  readonly preferredConcurrency?: number | undefined
  /**
   * Throws SediError with a provider code; `retryable` says whether the same request may succeed later, `details.charged` what the attempt
   * may have cost, `details.retryAfterMs` how long the provider asks to wait, `details.rateLimits` what it said about the key's limits.
   * `details.rejoin: true`: only the waiting has ended; the attempt goes on at the provider and is asked for again under its key.
   */
  generate(request: GenerateRequest, call?: CallOptions): Promise<GenerateResult>
  /**
   * For `recovery: 'rejoin'`: ends what is under way for these keys, waits until the provider confirms, and returns what was finished by
   * then, by key; an error says what an unfinished one may have cost. Buys nothing.
   */
  cancel?(keys: readonly string[], call?: CallOptions): Promise<ReadonlyMap<string, GenerateResult | SediError>>
  /** What the provider says about the key and the model without a completion being bought. Throws as `generate` does. */
  inspect?(call?: CallOptions): Promise<ModelDescription>
  /** Releases what the generator holds (timers, sockets, a local model). */
  close?(): Promise<void>
}

/** What a provider says about a model; what it does not say is undefined. */
export type ModelDescription = {
  readonly modelId: string
  /** Whether the provider lists it; undefined when it lists nothing. */
  readonly listed?: boolean | undefined
  /** Longest prompt and answer together, in tokens. */
  readonly contextTokens?: number | undefined
  /** Day on which the provider retires the model, `2027-01-14`. */
  readonly shutdownDate?: string | undefined
  /** Other models it lists; to suggest the nearest name. */
  readonly otherModels?: readonly string[] | undefined
  /** False when the provider was not asked for anything that needs the key, so that a bad one would not have shown. */
  readonly keyChecked?: boolean | undefined
  /** Whether it can be held to a JSON Schema (`GenerateRequest.responseFormat`). */
  readonly structuredOutput?: boolean | undefined
  /** What else a person should know before a run with it. */
  readonly notes?: readonly string[] | undefined
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
  /** Most tokens per call, over all its texts; no limit known when not given. */
  readonly maxBatchTokens?: number | undefined
  /**
   * True when calls are sent to someone who may charge for them: they are then reserved, recorded and never made twice for a text.
   * A row must depend on its own text only. Otherwise calls are free and made anew.
   */
  readonly bought?: boolean | undefined
  /**
   * What a row depends on. `text` (the default): its text alone, so that rows of different calls compare. `call`: all texts of the call;
   * such an embedder cannot say whether a text is near to one that was embedded earlier.
   */
  readonly rowsDependOn?: 'text' | 'call' | undefined
  /** One (D,) row per text, in input order. Throws SediError as `TextGenerator.generate` does. */
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
