import { countTokens } from '@sedi/simulation'
import { parseObject } from './chat-request.ts'
import { fractions } from './fractions.ts'
import { embeddingModel } from './models.ts'
import { type ErrorWords, jsonReply, type Reply } from './reply.ts'

const fullDimensions = 64

// Words that stand for a text's direction: texts that share words point the same way.
const word = /[\p{L}\p{N}]+/gu

/** A text's vector: the sum of its words' own directions, of unit length; texts without words share one. Only the text decides. */
export function embedText(text: string, dimensions = fullDimensions): number[] {
  const vector = new Array<number>(dimensions).fill(0)
  for (const found of text.toLowerCase().match(word) ?? ['']) {
    const direction = fractions(`direction/${found}`)[0]
    for (let i = 0; i < dimensions; i++) vector[i]! += Math.sin((i + 1) * (1 + 1_000 * direction))
  }
  // The whole text, a little: no two texts are alike.
  const own = fractions(`text/${text}`)[0]
  for (let i = 0; i < dimensions; i++) vector[i]! += 0.05 * Math.sin((i + 1) * (1 + 1_000 * own))
  const length = Math.hypot(...vector)
  return vector.map((value) => Math.fround(value / length))
}

/** A request for vectors, checked. */
export type EmbedRequest = {
  readonly model: string
  readonly texts: readonly string[]
  readonly inputTokens: number
  reply(): Reply
}

const mostTexts = 2_048
const mostTokens = 8_192
const embedFields: ReadonlySet<string> = new Set(['model', 'input', 'dimensions', 'encoding_format', 'user'])

const refuse = (message: string, param: string, code: string | null = null) => ({ refusal: { status: 400, message, param, code } as ErrorWords })

/** `POST /embeddings` as OpenAI takes it. Source: OpenAI API reference, embeddings; npm package openai 7.55.0 asks for base64 unless told otherwise. */
export function parseEmbedRequest(body: string): EmbedRequest | { readonly refusal: ErrorWords } {
  const fields = parseObject(body)
  if (fields === undefined) return refuse('We could not parse the JSON body of your request.', 'body')
  const unknown = Object.keys(fields).find((name) => !embedFields.has(name))
  if (unknown !== undefined) return refuse(`Unknown parameter: '${unknown}'.`, unknown, 'unknown_parameter')
  const { model, input, dimensions = fullDimensions, encoding_format: format = 'float' } = fields
  if (typeof model !== 'string') return refuse("Missing required parameter: 'model'.", 'model', 'missing_required_parameter')
  const texts = typeof input === 'string' ? [input] : input
  if (!isTexts(texts)) return refuse(`'$.input' is invalid: expected a text or 1 to ${mostTexts} texts.`, 'input')
  if (texts.includes('')) return refuse("'$.input' is invalid: an empty text.", 'input')
  if (!Number.isInteger(dimensions) || (dimensions as number) < 1)
    return refuse("Invalid value for 'dimensions': expected an integer of at least 1.", 'dimensions')
  if (format !== 'float' && format !== 'base64') return refuse("Invalid value for 'encoding_format': expected float or base64.", 'encoding_format')
  const counts = texts.map(countTokens)
  const longest = Math.max(...counts)
  if (longest > mostTokens)
    return refuse(`This model's maximum context length is ${mostTokens} tokens, however you requested ${longest} tokens.`, 'input', 'context_length_exceeded')
  const inputTokens = counts.reduce((sum, count) => sum + count, 0)
  const usage = { prompt_tokens: inputTokens, total_tokens: inputTokens }
  const write = (vector: readonly number[]) => (format === 'float' ? vector : Buffer.from(Float32Array.from(vector).buffer).toString('base64'))
  const data = () => texts.map((text, index) => ({ object: 'embedding', index, embedding: write(embedText(text, dimensions as number)) }))
  return { model, texts, inputTokens, reply: () => jsonReply(200, { object: 'list', data: data(), model, usage }) }
}

/** `{ inputs }` as the feature extraction of Hugging Face takes it: the vectors alone come back. Source: npm package @huggingface/inference 4.13.30. */
export function parseFeatureRequest(body: string): EmbedRequest | { readonly refusal: ErrorWords } {
  const { inputs } = parseObject(body) ?? {}
  const texts = typeof inputs === 'string' ? [inputs] : inputs
  if (!Array.isArray(texts) || !texts.every((text) => typeof text === 'string')) return refuse('expected inputs to be a text or a list of texts', 'inputs')
  const inputTokens = texts.reduce((sum: number, text: string) => sum + countTokens(text), 0)
  const vectors = () => texts.map((text: string) => embedText(text))
  return { model: embeddingModel, texts, inputTokens, reply: () => jsonReply(200, typeof inputs === 'string' ? vectors()[0] : vectors()) }
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.length <= mostTexts && value.every((text) => typeof text === 'string')
}
