import { randomUUID } from 'node:crypto'
import { parseObject } from './chat-request.ts'
import { moderationModel } from './models.ts'
import { type ErrorWords, jsonReply, type Reply } from './reply.ts'

/** The words that are flagged, and as what. */
export const flaggedWords: Readonly<Record<string, readonly string[]>> = {
  violence: ['murder', 'bomb', 'stab'],
  hate: ['vermin', 'subhuman'],
  'self-harm': ['suicide'],
  sexual: ['porn'],
  illicit: ['heroin'],
}

// OpenAI reports more; the others are always false here.
const categories = [
  'harassment',
  'harassment/threatening',
  'sexual',
  'hate',
  'hate/threatening',
  'illicit',
  'illicit/violent',
  'self-harm',
  'self-harm/intent',
  'self-harm/instructions',
  'sexual/minors',
  'violence',
  'violence/graphic',
]

/** `POST /moderations`: free at OpenAI, so nothing is charged. Source: OpenAI API reference, moderations; types of npm package openai 7.55.0. */
export function moderate(body: string): Reply | { readonly refusal: ErrorWords } {
  const fields = parseObject(body)
  const inputs = typeof fields?.input === 'string' ? [fields.input] : fields?.input
  if (!Array.isArray(inputs) || inputs.length === 0) return { refusal: { status: 400, message: "Missing required parameter: 'input'.", param: 'input' } }
  const results = inputs.map((input: unknown) => judge(typeof input === 'string' ? input : String((input as { text?: unknown } | null)?.text ?? '')))
  return jsonReply(200, { id: `modr-${randomUUID()}`, model: fields?.model ?? moderationModel, results })
}

function judge(text: string) {
  const words = new Set(text.toLowerCase().match(/\p{L}+/gu))
  const isFlagged = (category: string) => flaggedWords[category]?.some((word) => words.has(word)) ?? false
  const flags = Object.fromEntries(categories.map((category) => [category, isFlagged(category)]))
  const scores = Object.fromEntries(categories.map((category) => [category, flags[category] ? 0.98 : 0.0001]))
  const kinds = Object.fromEntries(categories.map((category) => [category, ['text']]))
  return { flagged: Object.values(flags).includes(true), categories: flags, category_scores: scores, category_applied_input_types: kinds }
}
