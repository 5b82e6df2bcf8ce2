import { errorReply, jsonReply, type Reply } from '../fake-provider/reply.ts'
import { promptOf } from './check-request.ts'
import { answerOf, type Student, tokensOf } from './student.ts'

const fields = new Set(['model', 'messages', 'max_completion_tokens', 'max_tokens', 'temperature', 'top_p', 'stop', 'seed'])
let answers = 0

/** `POST /v1/chat/completions`: the models it has made, and their base, answer. Unknown fields are refused. */
export function answerChat(body: Readonly<Record<string, unknown>>, students: ReadonlyMap<string, Student>): Reply {
  const unknown = Object.keys(body).find((name) => !fields.has(name))
  if (unknown !== undefined) return errorReply(400, `Unrecognized request argument supplied: ${unknown}`, { param: unknown })
  const { model, messages, max_completion_tokens: limit = body.max_tokens ?? 1000 } = body
  const student = students.get(String(model))
  if (student === undefined || student.readyAt > Date.now())
    return errorReply(404, `The model \`${String(model)}\` does not exist or you do not have access to it.`, { code: 'model_not_found' })
  const asked = promptOf(messages as { role: string; content: string }[])
  const words = answerOf(student, asked).split(/(?=\s)/)
  const text = words.slice(0, Number(limit)).join('')
  const usage = { prompt_tokens: tokensOf(asked), completion_tokens: tokensOf(text), total_tokens: tokensOf(asked) + tokensOf(text) }
  const choice = { index: 0, message: { role: 'assistant', content: text, refusal: null }, logprobs: null }
  return jsonReply(200, {
    id: `chatcmpl-${++answers}`,
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1000),
    model,
    choices: [{ ...choice, finish_reason: words.length > Number(limit) ? 'length' : 'stop' }],
    usage,
  })
}
