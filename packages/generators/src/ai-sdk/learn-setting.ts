import type { Adaptation, GenerateRequest } from '@sedi/spec'
import { learnFromRefusal } from '../chat-completions/learn-from-refusal.ts'
import type { ErrorWords } from '../chat-completions/read-error-body.ts'

/** Settings that a request can do without, by the names that refusals call them. The limit on tokens is not among them: it bounds the cost. */
const settings = { temperature: 'temperature', top_p: 'topP', seed: 'seed', stop: 'stop', response_format: 'responseFormat' } as const

type Name = keyof typeof settings

/** What of the request a refusal is about, if it can be left out: the AI SDK gives no way to send a setting under another name. */
export function learnSetting(
  refusal: { readonly status: number; readonly words: ErrorWords },
  request: GenerateRequest,
  secrets: readonly string[],
): Adaptation[] {
  const body = Object.fromEntries(Object.entries(settings).flatMap(([name, own]) => (request[own] === undefined ? [] : [[name, request[own]]])))
  const named = { ...refusal, words: { ...refusal.words, message: refusal.words.message.replaceAll('stop_sequences', 'stop') } }
  return learnFromRefusal(named, body, secrets)
    .filter(({ setting }) => setting in settings)
    .map((lesson) => (lesson.action === 'renamed' ? { ...lesson, action: 'dropped', replacement: null } : lesson))
}

/** The request without what the model is known not to take. */
export function withoutLearned(request: GenerateRequest, learned: ReadonlyMap<string, Adaptation>): GenerateRequest {
  const left: Record<string, unknown> = { ...request }
  for (const name of learned.keys()) delete left[settings[name as Name]]
  return left as GenerateRequest
}
