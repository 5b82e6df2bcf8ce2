import type { CallFact, GenerateRequest } from '@sedi/spec'

const settings = ['maxOutputTokens', 'temperature', 'topP', 'stop', 'seed', 'responseFormat'] as const

/** How the most similar recorded request differs from this one, in words; undefined when nothing is recorded. Cost: one pass over the record. */
export async function findDifference(request: GenerateRequest, calls: AsyncIterable<CallFact>): Promise<string | undefined> {
  const prompt = promptOf(request)
  let nearest: CallFact | undefined
  let best = -1
  for await (const call of calls) {
    const common = commonPrefix(prompt, promptOf(call.request))
    // The prompt counts most, then the settings.
    const score = (promptOf(call.request) === prompt ? Number.MAX_SAFE_INTEGER / 2 : common * 10) + sameSettings(request, call.request)
    if (score <= best) continue
    best = score
    nearest = call
  }
  return nearest === undefined ? undefined : `the nearest is ${nearest.callId}: ${differences(request, nearest.request).join('; ')}`
}

/** Roles and texts; JSON, so that no text can look like the next message. */
const promptOf = ({ messages }: GenerateRequest): string => JSON.stringify(messages.map(({ role, content }) => [role, content]))

function commonPrefix(a: string, b: string): number {
  let length = 0
  while (length < a.length && length < b.length && a[length] === b[length]) length++
  return length
}

const sameSettings = (a: GenerateRequest, b: GenerateRequest): number => settings.filter((name) => shown(a[name]) === shown(b[name])).length

function differences(asked: GenerateRequest, recorded: GenerateRequest): string[] {
  const found: string[] = settings
    .filter((name) => shown(asked[name]) !== shown(recorded[name]))
    .map((name) => `${name} was ${shown(recorded[name])}, now ${shown(asked[name])}`)
  if (asked.messages.length !== recorded.messages.length) found.push(`the prompt had ${recorded.messages.length} messages, now ${asked.messages.length}`)
  const at = asked.messages.findIndex(({ role, content }, i) => recorded.messages[i]?.role !== role || recorded.messages[i]?.content !== content)
  const [mine, theirs] = [asked.messages[at], recorded.messages[at]]
  if (mine !== undefined && theirs !== undefined) {
    const from = commonPrefix(mine.content, theirs.content)
    found.push(`the prompt differs in message ${at + 1} at character ${from + 1}: it had ${excerpt(theirs.content, from)}, now ${excerpt(mine.content, from)}`)
  }
  return found
}

const shown = (value: unknown): string => (value === undefined ? 'not set' : JSON.stringify(value).slice(0, 60))

const excerpt = (text: string, from: number): string =>
  from >= text.length ? 'its end' : `“${text.slice(Math.max(0, from - 10), from + 30).replaceAll('\n', ' ')}”`
