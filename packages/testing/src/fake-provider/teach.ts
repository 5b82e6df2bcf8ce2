import { countTokens, createWorld, type TeachReply, type World } from '@sedi/simulation'
import { answerInSchema } from './answer-in-schema.ts'
import type { ChatRequest } from './chat-request.ts'
import type { Completion } from './completion.ts'
import { fractions } from './fractions.ts'
import type { ModelProfile } from './models.ts'

/** Who knows what to say. */
export type Teacher = Pick<World, 'teach'>

/** The teacher of a world, or one that says the same to everything, which costs next to nothing. */
export function createTeacher(worldSeed: number, answer: string | undefined): Teacher {
  if (answer === undefined) return createWorld({ worldSeed })
  const outputTokens = countTokens(answer)
  return {
    teach({ messages, maxOutputTokens }) {
      const inputTokens = messages.reduce((sum, { content }) => sum + countTokens(content), 0)
      if (outputTokens <= maxOutputTokens) return { text: answer, finishReason: 'stop', usage: { inputTokens, outputTokens } }
      // No token is shorter than a character.
      const text = answer.slice(0, maxOutputTokens)
      return { text, finishReason: 'length', usage: { inputTokens, outputTokens: countTokens(text) } }
    },
  }
}

export type TeachContext = {
  readonly teacher: Teacher
  /** How much of the prompt the cache had; looked up once a request. */
  readonly cachedTokens: (inputTokens: number) => number
}

/** The teacher's answer, as this model would give it: after thinking, in the form asked for, with what the cache saved. */
export function teach(request: ChatRequest, model: ModelProfile, { teacher, cachedTokens }: TeachContext): Completion {
  const { messages, seed, temperature, stop, maxOutputTokens } = request
  const said = model.says?.(request)
  if (said !== undefined) {
    const inputTokens = messages.reduce((sum, { content }) => sum + countTokens(content), 0)
    return { ...said, usage: { inputTokens, cachedTokens: cachedTokens(inputTokens), outputTokens: countTokens(said.text) } }
  }
  const reasoningTokens = model.reasons ? Math.min(maxOutputTokens, thoughtTokens(request)) : undefined
  const allowance = maxOutputTokens - (reasoningTokens ?? 0)
  const taught = teacher.teach({ messages, seed, temperature, stop, maxOutputTokens: allowance })
  const inForm = request.schema !== undefined && model.structuredOutput !== 'ignored'
  const { text, finishReason, usage } = inForm ? inSchema(taught, request.schema, allowance) : taught
  const outputTokens = usage.outputTokens + (reasoningTokens ?? 0)
  return { text, finishReason, usage: { inputTokens: usage.inputTokens, cachedTokens: cachedTokens(usage.inputTokens), outputTokens, reasoningTokens } }
}

/** Cut like any other answer when the allowance ends. */
function inSchema({ text, usage }: TeachReply, schema: Readonly<Record<string, unknown>>, maxTokens: number): TeachReply {
  const whole = answerInSchema(text, schema)
  const tokens = countTokens(whole)
  if (tokens <= maxTokens) return { text: whole, finishReason: 'stop', usage: { ...usage, outputTokens: tokens } }
  let cut = whole.slice(0, Math.floor((whole.length * maxTokens) / tokens))
  while (countTokens(cut) > maxTokens) cut = cut.slice(0, -1)
  return { text: cut, finishReason: 'length', usage: { ...usage, outputTokens: countTokens(cut) } }
}

/** 100 to 500, fixed by the request's content. */
function thoughtTokens({ messages, seed }: ChatRequest): number {
  return 100 + Math.floor(400 * fractions(`thought/${seed}/${JSON.stringify(messages)}`)[0])
}
