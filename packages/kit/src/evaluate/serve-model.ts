import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { type TextGenerator, toSediError } from '@sedi/spec'
import * as z from 'zod'

export type ServedModel = {
  /** What clients use as their base URL: `http://127.0.0.1:<port>/v1`. */
  readonly url: string
  close(): Promise<void>
}

const requestSchema = z.object({
  messages: z.array(z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() })).min(1),
  max_tokens: z.int().min(1).optional(),
  max_completion_tokens: z.int().min(1).optional(),
  temperature: z.number().min(0).optional(),
  top_p: z.number().optional(),
  seed: z.int().min(0).optional(),
  stop: z.union([z.string(), z.array(z.string())]).nullish(),
})

/**
 * A model behind OpenAI's chat completions, on loopback, for programs that know no other way to ask one. What is asked is not accounted for: it is
 * for models of one's own. The caller closes it.
 */
export async function serveModel(generator: TextGenerator): Promise<ServedModel> {
  const server = createServer((request, response) => {
    void answer(generator, request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

async function answer(generator: TextGenerator, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = `${request.method} ${request.url}`
  if (path === 'GET /v1/models')
    return send(response, 200, { object: 'list', data: [{ id: generator.modelId, object: 'model', created: 0, owned_by: 'sedi' }] })
  if (path !== 'POST /v1/chat/completions') return refuse(response, 404, `there is nothing at ${path}`)
  const read = requestSchema.safeParse(parse(await text(request)))
  if (!read.success) return refuse(response, 400, z.prettifyError(read.error))
  const { messages, max_tokens, max_completion_tokens, temperature = 1, top_p, seed, stop } = read.data
  const closed = new AbortController()
  response.on('close', () => closed.abort())
  try {
    const maxOutputTokens = max_completion_tokens ?? max_tokens ?? 256
    const stops = stop === null || stop === undefined ? [] : typeof stop === 'string' ? [stop] : stop
    const result = await generator.generate({ messages, maxOutputTokens, temperature, topP: top_p, seed, stop: stops }, { signal: closed.signal })
    const { inputTokens = 0, outputTokens = 0 } = result.usage
    const finish = result.finishReason === 'length' ? 'length' : 'stop'
    send(response, 200, {
      id: 'chatcmpl-sedi',
      object: 'chat.completion',
      created: 0,
      model: generator.modelId,
      choices: [{ index: 0, message: { role: 'assistant', content: result.text }, finish_reason: finish }],
      usage: { prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: inputTokens + outputTokens },
    })
  } catch (error) {
    refuse(response, 500, toSediError(error).message)
  }
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

const refuse = (response: ServerResponse, status: number, message: string): void =>
  send(response, status, { error: { message, type: 'invalid_request_error', param: null, code: null } })

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(value))
}
