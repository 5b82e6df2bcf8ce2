import type { Charged, ErrorCode } from '@sedi/spec'
import type { ErrorWords } from './read-error-body.ts'

/** What a refusal means for us. */
export type Failure = {
  readonly code: ErrorCode
  readonly retryable: boolean
  readonly charged: Charged
  /** What a person can do; '' when there is nothing. */
  readonly advice: string
}

export type Refusal = {
  readonly status: number
  readonly words: ErrorWords
  readonly headers?: Headers | undefined
  /** The environment variable the key comes from. */
  readonly keyVariable: string
  /** Where the adapter stands in the configuration: `generator`, `embedder`, … */
  readonly configKey: string
}

// Said by what stands between us and the model when its own patience ends: the model may still be at work.
const mayHaveWorked: ReadonlySet<number> = new Set([408, 504, 524])

const noQuota = /^(?:insufficient_quota|billing_hard_limit_reached|billing_not_active|credits?_(?:exhausted|exceeded))$/
// The same without a label (what a router passes on). With a time to wait it is a limit per minute in unlucky words (Gemini).
const noQuotaInWords = /exceeded your current quota|insufficient (?:balance|credits?|quota|funds)/i
const noModel = /^(?:model_not_found|model_decommissioned|model_not_available|invalid_model|unknown_model|DeploymentNotFound)$/
// OpenRouter, DeepSeek, Mistral; LM Studio.
const noModelInWords = /not a valid model id|model not exist|^invalid model: |model [`'"]?[\w./:-]+[`'"]? (?:does not exist|not found)/i
const refusedContent = /^(?:content_filter|content_policy_violation|invalid_prompt|ResponsibleAIPolicyViolation)$/
// The model's attempt at JSON failed, not the request (Groq).
const failedGeneration = /^(?:json_validate_failed|tool_use_failed)$/
const tooLong =
  /context[ _]?(?:length|size|window)|reduce (?:the|your) (?:length|prompt)|(?:prompt|input|messages?) (?:is|are) too (?:long|large)|max_(?:completion_|output_|new_)?tokens[`'"]? (?:is too large|must be (?:less|<)|is greater)/i
const tooMuchAtOnce = /request too large/i
const notSupported =
  /unsupported[ _]?(?:parameter|value|param)|unknown[ _]parameter|unrecognized request argument|extra_forbidden|is(?: currently)? (?:not supported|unsupported)|does not support/i

/**
 * The meaning of a status; the body decides between the meanings of a 400, 402, 403 and 429. Sources: the providers' error references named in
 * the presets.
 */
export function failureOf(refusal: Refusal): Failure {
  const failure = byStatus(refusal)
  // The server knows best whether the same request may work later, but not whether we have money and permission.
  const told = refusal.headers?.get('x-should-retry')
  if (told === 'false') return { ...failure, retryable: false }
  if (told === 'true' && (failure.code === 'invalid-input' || failure.code === 'provider-response')) return { ...failure, retryable: true }
  return failure
}

function byStatus({ status, words, headers, keyVariable, configKey }: Refusal): Failure {
  const { message } = words
  const labelled = (pattern: RegExp) => [words.code, words.type, ...(words.fields ?? []).map(({ code }) => code)].some((label) => pattern.test(String(label)))

  const mayWait = headers?.has('retry-after') === true || headers?.has('retry-after-ms') === true || /(?:try again|retry) in \d/i.test(message)
  if (labelled(noQuota) || (status === 429 && !mayWait && noQuotaInWords.test(message))) return noMoney
  // With a time to wait it is about what is in flight, not about the account (OpenRouter).
  if (status === 402) return mayWait ? slowDown : noMoney
  if (status === 401) return final('invalid-credential', `Check the key in ${keyVariable} (option apiKey), and what it may be used for.`)
  if (status === 403 && (labelled(refusedContent) || isModeration(words))) return flagged
  if (status === 403) return final('invalid-credential', `Check the key in ${keyVariable} (option apiKey), and what it may be used for.`)
  if (status < 400)
    return final('not-found', `Requests with a prompt and a key are not sent on to another address. Set ${configKey}.baseUrl to the address itself.`)
  if (status === 404 || status === 405 || status === 410 || labelled(noModel) || (status === 400 && noModelInWords.test(message)))
    return final('not-found', `Check ${configKey}.model and ${configKey}.baseUrl.`)
  if (status === 413 || (status === 429 && tooMuchAtOnce.test(message))) return overlong(configKey)
  if (status === 429 || status === 498) return slowDown
  if (status === 501) return final('unsupported', '')
  if (status >= 500 && tooLong.test(message) && /exceed/i.test(message)) return overlong(configKey)
  if (status === 408 || status === 409 || status === 425 || status >= 500) return { ...laterMaybe, charged: mayHaveWorked.has(status) ? 'uncertain' : 'none' }
  if (labelled(failedGeneration)) return { ...laterMaybe, charged: 'uncertain' }
  if (labelled(refusedContent)) return flagged
  if (labelled(/context|exceed_context_size/) || tooLong.test(message)) return overlong(configKey)
  if (labelled(notSupported) || notSupported.test(message))
    return final('unsupported', `Leave the setting out${configKey === 'generator' ? ', or choose the preset of this server (generator.preset)' : ''}.`)
  return final('invalid-input', '')
}

const final = (code: ErrorCode, advice: string): Failure => ({ code, retryable: false, charged: 'none', advice })
const noMoney = final('quota-exhausted', 'Add credit or raise the limit at the provider, then resume.')
const flagged = final('content-refused', 'The provider refuses the prompt.')
const overlong = (configKey: string): Failure =>
  final('context-length', configKey === 'generator' ? 'Use a shorter prompt, or lower generator.maxOutputTokens.' : 'Use shorter texts.')
const slowDown: Failure = { code: 'rate-limited', retryable: true, charged: 'none', advice: '' }
const laterMaybe: Failure = { code: 'provider-response', retryable: true, charged: 'none', advice: '' }

// OpenRouter’s moderation: metadata { reasons, flagged_input }.
function isModeration({ metadata }: ErrorWords): boolean {
  return typeof metadata === 'object' && metadata !== null && ('flagged_input' in metadata || 'reasons' in metadata)
}
