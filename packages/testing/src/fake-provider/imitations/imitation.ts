import type { ChatRequest } from '../chat-request.ts'
import type { Completion } from '../completion.ts'
import type { CompletionBody, UsageBody } from '../completion-reply.ts'
import type { FieldRefusal, ModelProfile } from '../models.ts'
import type { LimitHeaders } from '../rate-limits.ts'
import type { ErrorWords } from '../reply.ts'

/**
 * How one OpenAI-compatible server differs from OpenAI. Whatever is not said is as OpenAI does it. One file each; the file's name is its id.
 * All are *untried* against the real service: `source` says where the behaviour was read.
 */
export type Imitation = {
  readonly title: string
  /** Where its behaviour was read. */
  readonly source: string
  /** What comes before `/chat/completions`. @default '/v1' */
  readonly basePath?: string | undefined
  /** The header that carries the key: `Bearer <key>`, or the key alone. @default 'authorization' */
  readonly keyHeader?: 'authorization' | 'api-key' | undefined
  /** Fields of the request that it takes beside OpenAI's, without effect here. */
  readonly extraFields?: readonly string[] | undefined
  /** Fields that it reads and does nothing with: the request is as if they were not there. */
  readonly ignoredFields?: readonly string[] | undefined
  /** OpenAI's fields that it does not know. */
  readonly lacksFields?: readonly string[] | undefined
  /** Its own names for fields: `{ random_seed: 'seed' }`. OpenAI's name is then unknown to it. */
  readonly renamedFields?: Readonly<Record<string, string>> | undefined
  /** Fields it knows and refuses. */
  readonly refuses?: readonly FieldRefusal[] | undefined
  /** What becomes of fields that it does not know. @default 'refused' */
  readonly unknownFields?: 'refused' | 'ignored' | undefined
  /** Most stop sequences. @default 4 */
  readonly mostStops?: number | undefined
  /** What a model's name may end in beside the name itself. */
  readonly modelSuffix?: RegExp | undefined
  /** Whether a model it does not have is answered by another one. @default false */
  readonly anyModel?: boolean | undefined
  /** Longest prompt; what exceeds it is cut off at the beginning without a word. Default: none. */
  readonly promptTokens?: number | undefined
  /** Its envelope around an error; may change the status. */
  readonly error?: ((words: ErrorWords) => { readonly status: number; readonly body: unknown }) | undefined
  /** Its changes to a completion. */
  readonly completion?: ((body: CompletionBody, context: { readonly request: ChatRequest; readonly completion: Completion }) => unknown) | undefined
  /** Its changes to the usage in completions and streams. */
  readonly usage?: ((usage: UsageBody, completion: Completion) => unknown) | undefined
  /** @default goDurations */
  readonly limitHeaders?: LimitHeaders | undefined
  /** Headers that say how long to wait. @default retry-after in whole seconds and retry-after-ms */
  readonly retryAfter?: ((ms: number) => Readonly<Record<string, string>>) | undefined
  /** Headers of every reply. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Whether it lists its models to anyone. @default false */
  readonly publicModels?: boolean | undefined
  /** What it answers to `GET` of other addresses, by path; `free` ones need no key. */
  readonly pages?: Readonly<Record<string, { readonly body: unknown; readonly free?: boolean | undefined }>> | undefined
  /** Its entry of a model in `GET /models`. */
  readonly model?: ((model: ModelProfile) => Readonly<Record<string, unknown>>) | undefined
  /** What it puts its models into. @default { object: 'list', data } */
  readonly modelList?: ((data: readonly unknown[]) => unknown) | undefined
  readonly stream?: StreamHabits | undefined
}

/** How its streams differ. */
export type StreamHabits = {
  /** A comment before the first chunk: ` keep-alive`. */
  readonly comment?: string | undefined
  /** A first chunk without choices. */
  readonly emptyFirst?: boolean | undefined
  /** Usage comes unasked. */
  readonly usageUnasked?: boolean | undefined
  /** Usage comes with the chunk that has the finish_reason, not in one of its own. */
  readonly usageWithFinish?: boolean | undefined
}
