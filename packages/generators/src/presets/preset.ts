import type { FinishReason } from '@sedi/spec'
import type { RateLimitHeaders } from '../chat-completions/read-rate-limits.ts'
import type { PriceList } from '../prices/list-price.ts'

/** Settings of a request in Chat Completions' own words; presets and adaptations speak of them by these. */
export type WireSetting =
  | 'temperature'
  | 'top_p'
  | 'seed'
  | 'stop'
  | 'response_format'
  | 'reasoning_effort'
  | 'service_tier'
  | 'prompt_cache_key'
  | 'stream_options'

export type MaxTokensField = 'max_completion_tokens' | 'max_tokens'

/** A fact about a server, where it was read and when: servers change without telling anybody. */
export type PresetSource = {
  readonly says: string
  readonly from: string
  /** Day on which it was read, `2026-11-21`. */
  readonly read: string
}

/** What is known of one server that speaks OpenAI's protocol, beforehand. What is not known here is learned from its refusals. */
export type Preset = {
  readonly id: string
  readonly title: string
  /** Address up to and including the version; undefined where everybody has an own one: `generator.baseUrl` must say it. */
  readonly baseUrl: string | undefined
  /** What such an address looks like, for messages. */
  readonly baseUrlExample?: string | undefined
  readonly key: {
    readonly env: string
    /** Whether the server at `baseUrl` takes nobody without one. */
    readonly required: boolean
    /** The header it goes into instead of `Authorization: Bearer …`. */
    readonly header?: string | undefined
  }
  readonly maxTokensField: MaxTokensField
  /** Settings it knows by another name. */
  readonly names?: Readonly<Partial<Record<WireSetting, string>>> | undefined
  /** Settings it is known not to take, each with what becomes of them there. They are not sent; the run says so. */
  readonly lacks?: Readonly<Partial<Record<WireSetting, string>>> | undefined
  /** Most stop sequences it takes; others are cut by us. @default 4 */
  readonly mostStops?: number | undefined
  /** How it is told a JSON Schema: OpenAI's `json_schema`, llama.cpp's `json_object` with a `schema`, or not at all. */
  readonly structuredOutput: 'json-schema' | 'json-object-schema' | 'none'
  /** Sent with every request. */
  readonly body?: Readonly<Record<string, unknown>> | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** The header that names who pays (`generator.organization`). */
  readonly organizationHeader?: string | undefined
  /** Whether `prompt_cache_key` brings requests with one beginning to one cache. */
  readonly promptCacheKey?: boolean | undefined
  /** Words for `finish_reason` beside those all servers share; `interrupted`: what there is of the text is no answer. */
  readonly finishReasons?: Readonly<Record<string, FinishReason | 'interrupted'>> | undefined
  /** Whether `usage.cost` is what the answer cost, in USD. */
  readonly costInUsage?: boolean | undefined
  /** Where its replies say the key's limits; OpenAI's names unless it says otherwise, `{}` when nowhere. */
  readonly rateLimitHeaders?: RateLimitHeaders | undefined
  /** A header that says how long to wait, beside `retry-after`. */
  readonly retryAfterHeader?: string | undefined
  /** How long to wait when it says that it is still loading the model, in milliseconds. */
  readonly loadingMs?: number | undefined
  /** Set where prompts that are too long are cut without a word: how to prevent it. */
  readonly cutsPrompts?: string | undefined
  /** How `GET /models` answers. */
  readonly models?:
    | {
        /** False where it does not list what `generator.model` names (Azure: deployments). @default true */
        readonly lists?: boolean | undefined
        /** Where a key is checked, relative to the address, if `/models` answers anyone; null when nowhere. @default '/models' */
        readonly keyCheck?: string | null | undefined
        /** What `generator.model` may end in beside a listed name. */
        readonly suffix?: RegExp | undefined
      }
    | undefined
  /** Worth knowing before a run; `sedi doctor` shows it. */
  readonly notes?: readonly string[] | undefined
  readonly prices?: PriceList | undefined
  /** Proposed to who names no model, best first: cheap ones that follow instructions. */
  readonly wellKnownModels?: readonly string[] | undefined
  readonly sources: readonly PresetSource[]
}

export function definePreset(preset: Preset): Preset {
  return preset
}
