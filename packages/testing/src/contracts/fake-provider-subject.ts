import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { GenerateRequest, TextGenerator } from '@sedi/spec'
import { readBook } from '../fake-provider/read-book.ts'
import { type FakeProviderOptions, startFakeProvider } from '../fake-provider/start-fake-provider.ts'
import type { TextGeneratorSubject } from './text-generator.ts'

/** What an OpenAI-compatible provider is given. */
export type Connection = { readonly baseUrl: string; readonly apiKey: string; readonly model: string; readonly timeoutMs: number }

export type FakeProviderSubject = Required<TextGeneratorSubject> & { close(): Promise<void> }

/** A subject for describeTextGeneratorContract: a fake provider of its own, and the OpenAI-compatible generator made for it. */
export async function createFakeProviderSubject(
  createGenerator: (connection: Connection) => Promise<TextGenerator>,
  { imitation }: Pick<FakeProviderOptions, 'imitation'> = {},
): Promise<FakeProviderSubject> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sedi-subject-'))
  const bookFile = path.join(folder, 'book.jsonl')
  // In no known shape of a key, so that only knowing it removes it.
  const secret = 'correct horse battery staple'.replaceAll(' ', '.')
  let lastBody = '{}'
  const provider = await startFakeProvider({
    bookFile,
    imitation,
    apiKey: secret,
    onRequest: (body) => {
      lastBody = body
    },
  })
  const create = (timeoutMs: number) => createGenerator({ baseUrl: provider.url, apiKey: secret, model: 'simulated-teacher', timeoutMs })
  return {
    generator: await create(20_000),
    another: create,
    secret,
    fail(kind) {
      provider.clear()
      provider.enqueue(kind)
    },
    requestCount: () => readBook(bookFile).totals.requests,
    lastRequest: () => portWords(JSON.parse(lastBody) as Record<string, unknown>),
    async close() {
      await provider.close()
      await rm(folder, { recursive: true })
    },
  }
}

/** A Chat Completions body in the port's words, without what is not in it. */
function portWords({
  messages,
  max_completion_tokens,
  max_tokens,
  temperature,
  top_p,
  stop,
  seed,
  random_seed,
}: Record<string, unknown>): Partial<GenerateRequest> {
  const words = { messages, maxOutputTokens: max_completion_tokens ?? max_tokens, temperature, topP: top_p, stop, seed: seed ?? random_seed }
  return Object.fromEntries(Object.entries(words).filter(([, value]) => value !== undefined))
}
