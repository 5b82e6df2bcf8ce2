/**
 * What we use of a language model of the Vercel AI SDK, in the versions 2, 3 and 4 of its provider specification (`ai` 5 to 7). Described
 * here by shape, so that no version of their packages is needed to compile against.
 * Source: @ai-sdk/provider 4.0.38, LanguageModelV2, V3, V4.
 */
export type AiSdkLanguageModel = {
  readonly specificationVersion: string
  /** The provider's name: `acme.chat`. */
  readonly provider: string
  readonly modelId: string
  /** One request, no retries. */
  // A method, so that a model which declares more precise options is still one of these.
  doGenerate(options: AiSdkCallOptions): PromiseLike<AiSdkReply>
}

type Part = { readonly type: 'text'; readonly text: string }

export type AiSdkCallOptions = {
  // biome-ignore lint/suspicious/noExplicitAny: the three versions agree on what we send and differ in what else they allow
  prompt: any
  maxOutputTokens?: number
  temperature?: number
  topP?: number
  stopSequences?: string[]
  seed?: number
  // biome-ignore lint/suspicious/noExplicitAny: a JSON Schema, by three type definitions
  responseFormat?: any
  abortSignal?: AbortSignal
}

export type AiSdkMessage = { readonly role: 'system'; readonly content: string } | { readonly role: 'user' | 'assistant'; readonly content: readonly Part[] }

/** Read with a schema before it is used: a provider package is somebody else's code. */
export type AiSdkReply = {
  readonly content: readonly unknown[]
  readonly finishReason: unknown
  readonly usage: unknown
  readonly warnings: readonly unknown[]
  readonly response?: { readonly modelId?: string | undefined; readonly headers?: unknown; readonly body?: unknown } | undefined
}
