import type { ChatRequest } from './chat-request.ts'
import type { Completion } from './completion.ts'
import { replyHead, usageBody } from './completion-reply.ts'
import type { Imitation } from './imitations/imitation.ts'
import type { Body, Reply } from './reply.ts'

/** A `chat.completion.chunk`, or whatever a fault puts in its place. */
export type Chunk = Readonly<Record<string, unknown>>

// About a dozen tokens: fewer packets than a real server sends.
const chunkLength = 48

const streamHeaders = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' } as const

/** The chunks of an answer: the role, the text, the finish_reason, and usage if asked for. */
export function chunksOf(request: ChatRequest, completion: Completion, imitation: Imitation): Chunk[] {
  const { includeUsage } = request
  const { stream = {} } = imitation
  const withUsage = includeUsage || stream.usageUnasked === true
  const usage = withUsage ? usageBody(completion, imitation) : undefined
  const { id, ...head } = replyHead(request)
  const chunk = (choices: readonly unknown[], own: Chunk = {}): Chunk => ({
    id,
    object: 'chat.completion.chunk',
    ...head,
    choices,
    ...(includeUsage && stream.usageWithFinish !== true ? { usage: null } : {}),
    ...own,
  })
  const delta = (content: object, finish: string | null = null, own?: Chunk) =>
    chunk([{ index: 0, delta: content, logprobs: null, finish_reason: finish }], own)
  const atFinish = stream.usageWithFinish && withUsage
  return [
    ...(stream.emptyFirst ? [chunk([])] : []),
    delta({ role: 'assistant', content: '' }),
    ...piecesOfText(completion.text).map((content) => delta({ content })),
    delta({}, completion.finishReason, atFinish ? { usage } : {}),
    ...(withUsage && !atFinish ? [chunk([], { usage })] : []),
  ]
}

/** One event: `data: <json>` and an empty line. */
export function event(data: unknown): string {
  return `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`
}

export const done = event('[DONE]')

/** The answer as a stream of events, as the imitation sends it. */
export function streamReply(request: ChatRequest, completion: Completion, imitation: Imitation): Reply {
  const comment = imitation.stream?.comment
  return eventStream([...(comment === undefined ? [] : [`:${comment}\n\n`]), ...chunksOf(request, completion, imitation).map(event), done])
}

export function eventStream(body: Body): Reply {
  return { status: 200, headers: streamHeaders, body }
}

/** Without cutting a character in two. */
function piecesOfText(text: string): string[] {
  const pieces: string[] = []
  for (let start = 0; start < text.length; ) {
    let end = Math.min(start + chunkLength, text.length)
    if (isHighSurrogate(text.charCodeAt(end - 1)) && end < text.length) end += 1
    pieces.push(text.slice(start, end))
    start = end
  }
  return pieces
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff
}
