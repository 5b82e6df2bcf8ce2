import { countTokens } from '@sedi/simulation'
import type { BatchProblem } from './stored.ts'

export type InputLine = { readonly customId: string; readonly body: string }

export type CheckedInput = { readonly lines: readonly InputLine[]; readonly problems: readonly BatchProblem[] }

const fields: ReadonlySet<string> = new Set(['custom_id', 'method', 'url', 'body'])

/** Reads a batch's input file as OpenAI's validation does: one endpoint, one model, every custom_id once, nothing it does not know. */
export function checkInput(text: string, maxLines: number): CheckedInput {
  const lines: InputLine[] = []
  const problems: BatchProblem[] = []
  const seen = new Set<string>()
  let model: unknown
  const texts = text.split('\n').filter((line) => line.trim() !== '')
  if (texts.length === 0) problems.push({ code: 'empty_file', line: null, message: 'The input file is empty.', param: null })
  if (texts.length > maxLines) problems.push({ code: 'too_many_tasks', line: null, message: `The input file has more than ${maxLines} requests.`, param: null })
  for (const [i, line] of texts.entries()) {
    const problem = (code: string, message: string, param: string | null = null): void => void problems.push({ code, line: i + 1, message, param })
    const value = parse(line)
    if (value === undefined) {
      problem('invalid_json_line', 'This line is not parseable as valid JSON.')
      continue
    }
    const { custom_id: customId, method, url, body } = value
    const unknown = Object.keys(value).find((field) => !fields.has(field))
    if (unknown !== undefined) problem('unknown_parameter', `Unknown parameter: '${unknown}'.`, unknown)
    else if (typeof customId !== 'string' || customId === '') problem('missing_required_parameter', 'Missing custom_id.', 'custom_id')
    else if (seen.has(customId)) problem('duplicate_custom_id', `The custom_id '${customId}' is used more than once.`, 'custom_id')
    else if (method !== 'POST') problem('invalid_method', 'The method must be POST.', 'method')
    else if (url !== '/v1/chat/completions') problem('invalid_url', 'The url does not match the endpoint of the batch.', 'url')
    else if (typeof body !== 'object' || body === null) problem('missing_required_parameter', 'Missing body.', 'body')
    else if (model !== undefined && (body as { model?: unknown }).model !== model)
      problem('mismatched_model', 'All requests of a batch must have the same model.', 'model')
    else {
      model ??= (body as { model?: unknown }).model
      seen.add(customId)
      lines.push({ customId, body: JSON.stringify(body) })
    }
  }
  return { lines, problems }
}

/** What the queue counts for a file: the tokens of its prompts. */
export const enqueuedTokens = (text: string): number => countTokens(text)

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
