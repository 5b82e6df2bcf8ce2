import { type GenerateResult, SediError } from '@sedi/spec'

/** Which of the two answers, in the order shown, the judge prefers. */
export type Verdict = 'first' | 'second' | 'equal'

const verdicts: readonly unknown[] = ['first', 'second', 'equal'] satisfies Verdict[]

/**
 * Reads a judge's reply: the last JSON object in it that has the field `better`, whatever stands around it; thoughts in `<think>` are left out.
 * Nothing is guessed: a reply without such an object, or with another word in it, is no verdict.
 *
 * Throws `content-refused` (details.reason `refused`) when the provider withheld the reply, `output-truncated` (`cut-off`) when it ended
 * before a verdict, and `provider-response` (`off-format`) for everything else.
 */
export function readVerdict(id: string, { text, finishReason }: Pick<GenerateResult, 'text' | 'finishReason'>): Verdict {
  const said = text.replace(/^[\s\S]*<\/think>/, '')
  const better = objectsIn(said).findLast((object) => object.better !== undefined)?.better
  if (verdicts.includes(better)) return better as Verdict
  if (finishReason === 'content-filter')
    throw new SediError('content-refused', `The judge’s provider withheld its verdict on item ${id}.`, { details: { reason: 'refused' } })
  if (finishReason === 'length')
    throw new SediError('output-truncated', `The judge’s reply about item ${id} ended before its verdict. Raise the judge’s maxOutputTokens.`, {
      details: { reason: 'cut-off' },
    })
  const shown = text.trim() === '' ? 'nothing' : `“${text.trim().slice(0, 120)}”`
  throw new SediError('provider-response', `The judge gave no verdict on item ${id}: expected {"better": "first" | "second" | "equal"}; got ${shown}.`, {
    details: { reason: 'off-format' },
  })
}

type Reply = { readonly better?: unknown }

/** The JSON objects in a text that lie in no other one, in order; what only looks like one is skipped. */
function objectsIn(text: string): Reply[] {
  const found: Reply[] = []
  for (let start = text.indexOf('{'); start >= 0; start = text.indexOf('{', start + 1)) {
    const end = endOfObject(text, start)
    const object = end === undefined ? undefined : parse(text.slice(start, end))
    if (object === undefined) continue
    found.push(object)
    start = end! - 1
  }
  return found
}

/** Just after the brace that closes the one at `start`; braces in texts do not count. */
function endOfObject(text: string, start: number): number | undefined {
  let depth = 0
  let inText = false
  for (let i = start; i < text.length; i++) {
    const character = text[i]
    if (inText && character === '\\') i++
    else if (character === '"') inText = !inText
    else if (!inText && character === '{') depth++
    else if (!inText && character === '}' && --depth === 0) return i + 1
  }
  return undefined
}

function parse(text: string): Reply | undefined {
  try {
    return JSON.parse(text) as Reply
  } catch {
    return undefined
  }
}
