import type { ChatRequest } from './chat-request.ts'
import { judgeAnswers } from './judge.ts'
import type { ErrorWords } from './reply.ts'

/** What a model of the fake provider is like. Nearly all of them are the simulated teacher; they differ in what they accept. */
export type ModelProfile = {
  readonly id: string
  readonly about: string
  /** Prompt and longest answer together, in tokens. Default: no limit. */
  readonly contextTokens?: number | undefined
  /** What it says to fields it does not take. */
  readonly refuses?: readonly FieldRefusal[] | undefined
  /** Thinks before it speaks: hidden tokens that count as output. */
  readonly reasons?: boolean | undefined
  /** @default 'honoured' */
  readonly structuredOutput?: 'honoured' | 'ignored' | 'refused' | undefined
  /** What it says, where that is not what the teacher would. */
  readonly says?: ((request: ChatRequest) => { readonly text: string; readonly finishReason: string }) | undefined
  /** The day the provider retires or retired it. After it: 404. */
  readonly shutdownDate?: string | undefined
}

/** Says no to a request that carries a field in a way the model does not take. */
export type FieldRefusal = (request: ChatRequest) => ErrorWords | undefined

const given = (request: ChatRequest, field: string): boolean => request.fields[field] !== undefined && request.fields[field] !== null

/** Code `unsupported_parameter`: the model does not know the field at all. */
export const unsupportedParameter =
  (field: string, instead?: string): FieldRefusal =>
  (request) => {
    if (!given(request, field)) return undefined
    const advice = instead === undefined ? '' : ` Use '${instead}' instead.`
    return { status: 400, message: `Unsupported parameter: '${field}' is not supported with this model.${advice}`, param: field, code: 'unsupported_parameter' }
  }

/** Code `unsupported_value`: the model takes only the default of the field. */
export const onlyDefault =
  (field: string, value: number): FieldRefusal =>
  (request) => {
    if (!given(request, field) || request.fields[field] === value) return undefined
    const message = `Unsupported value: '${field}' does not support ${String(request.fields[field])} with this model. Only the default (${value}) value is supported.`
    return { status: 400, message, param: field, code: 'unsupported_value' }
  }

const reasonerRefuses: readonly FieldRefusal[] = [
  unsupportedParameter('max_tokens', 'max_completion_tokens'),
  onlyDefault('temperature', 1),
  onlyDefault('top_p', 1),
  unsupportedParameter('stop'),
]

/** Sources: OpenAI API reference and error bodies of the o-series quoted in its community forum (see the README). */
export const models: readonly ModelProfile[] = [
  { id: 'simulated-teacher', about: 'takes everything' },
  {
    id: 'simulated-reasoner',
    about: 'hidden reasoning; refuses max_tokens, temperature and top_p other than 1, stop',
    reasons: true,
    refuses: reasonerRefuses,
  },
  {
    id: 'simulated-legacy',
    about: 'knows max_tokens only; no seed, no response_format; context of 8,192 tokens',
    contextTokens: 8_192,
    refuses: [unsupportedParameter('max_completion_tokens', 'max_tokens'), unsupportedParameter('seed')],
    structuredOutput: 'refused',
  },
  { id: 'simulated-loose', about: 'takes response_format and ignores it', structuredOutput: 'ignored' },
  { id: 'simulated-small', about: 'context of 2,048 tokens', contextTokens: 2_048 },
  { id: 'simulated-judge', about: 'says which of two answers is better: the longer one', says: judgeAnswers },
  { id: 'simulated-leaving', about: 'listed with a shutdown date to come', shutdownDate: '2099-01-14' },
  { id: 'simulated-retired', about: 'listed with a shutdown date that is past; 404', shutdownDate: '2026-01-14' },
]

/** The model that the simulated teacher answers as unless told otherwise. */
export const teacherModel = 'simulated-teacher'

export const embeddingModel = 'simulated-embedder'
export const moderationModel = 'simulated-moderator'

export function findModel(id: string): ModelProfile | undefined {
  return models.find((model) => model.id === id)
}
