import type { Reply, StreamReader } from './read-reply.ts'

type Chunk = {
  readonly id?: unknown
  readonly model?: unknown
  readonly service_tier?: unknown
  readonly usage?: unknown
  readonly choices?: readonly { readonly index?: unknown; readonly delta?: Delta | null; readonly finish_reason?: unknown }[] | null
}
type Delta = { readonly content?: unknown; readonly refusal?: unknown; readonly reasoning?: unknown; readonly reasoning_content?: unknown }

/**
 * Puts the events of a stream together to the completion they are pieces of. Choices other than the first are dropped. When the stream
 * breaks after the model has finished, the answer counts and only its usage is missing; before, what broke is thrown. A stream that just
 * ends leaves `finish_reason` null.
 */
export async function assembleStream(response: Response, { connection, onProgress, signal }: StreamReader): Promise<Reply> {
  const content: string[] = []
  const refusal: string[] = []
  const reasoning: string[] = []
  const top: Record<string, unknown> = {}
  let finishReason: unknown = null
  const reply = (warnings: readonly string[]): Reply => ({
    body: {
      ...top,
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: content.join(''), ...part('refusal', refusal), ...part('reasoning', reasoning) },
          finish_reason: finishReason,
        },
      ],
    },
    warnings,
  })

  let speaking = false
  const pieces = watched(response, () => {
    if (speaking) onProgress()
  })
  const { client, Stream } = connection
  const events = Stream.fromSSEResponse<Chunk>(new Response(pieces, { headers: response.headers }), new AbortController(), client)
  try {
    for await (const chunk of events) {
      for (const name of ['id', 'model', 'service_tier', 'usage'] as const) if (chunk[name] !== undefined && chunk[name] !== null) top[name] = chunk[name]
      const choice = chunk.choices?.find(({ index }) => (index ?? 0) === 0)
      if (choice === undefined) continue
      content.push(...textsOf(choice.delta?.content))
      refusal.push(...textsOf(choice.delta?.refusal))
      reasoning.push(...textsOf(choice.delta?.reasoning ?? choice.delta?.reasoning_content))
      speaking ||= content.length + refusal.length + reasoning.length > 0
      if (speaking) onProgress()
      // Some fill it with '' until the end.
      if (typeof choice.finish_reason === 'string' && choice.finish_reason !== '') finishReason = choice.finish_reason
    }
  } catch (error) {
    if (finishReason === null) throw error
    return reply(['the stream broke after the answer was complete: its token counts did not arrive'])
  }
  // The SDK takes an abort for a regular end.
  if (finishReason === null) signal.throwIfAborted()
  return reply([])
}

function part(name: string, texts: readonly string[]): Record<string, string> {
  return texts.length === 0 ? {} : { [name]: texts.join('') }
}

/** A text, or the texts of a list of parts (Mistral’s reasoning models). */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return value === '' ? [] : [value]
  if (!Array.isArray(value)) return []
  return value.flatMap((item: unknown) => {
    const text = typeof item === 'object' && item !== null && 'text' in item ? item.text : undefined
    return typeof text === 'string' ? [text] : []
  })
}

function watched({ body }: Response, onPiece: () => void): ReadableStream<Uint8Array> | null {
  if (body === null) return null
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(piece, controller) {
        onPiece()
        controller.enqueue(piece)
      },
    }),
  )
}
