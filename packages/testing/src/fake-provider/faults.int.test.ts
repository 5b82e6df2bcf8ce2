import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FaultKind, faultGroups, faultKinds, faultsOf, findFault } from './faults.ts'
import { readBook } from './read-book.ts'
import { type FakeProvider, startFakeProvider } from './start-fake-provider.ts'

const schema = { type: 'object', properties: { tasks: { type: 'array', items: { type: 'object', properties: { instruction: { type: 'string' } } } } } }
const messages = [{ role: 'user', content: 'Continue the list below with 5 new tasks.' }]
// With every setting that a fault may be about.
const question = {
  model: 'simulated-teacher',
  messages,
  max_completion_tokens: 2_000,
  seed: 5,
  temperature: 0.5,
  top_p: 0.5,
  stop: ['STOP'],
}
const withSchema = { ...question, response_format: { type: 'json_schema', json_schema: { name: 'tasks', schema } } }

describe('every fault', () => {
  let folder: string
  let provider: FakeProvider

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'sedi-faults-'))
    provider = await startFakeProvider({ bookFile: path.join(folder, 'book.jsonl') })
  })
  afterAll(async () => {
    await provider.close()
    await rm(folder, { recursive: true })
  })

  const bodyFor = (kind: FaultKind) => ({ ...(kind in faultGroups.structured ? withSchema : question), stream: findFault(kind).only === 'stream' })

  /** What came: the body, as far as it came, or how it failed. */
  async function ask(body: object, signal?: AbortSignal): Promise<{ status: number; text: string }> {
    const request = { method: 'POST', body: JSON.stringify(body), redirect: 'manual', ...(signal === undefined ? {} : { signal }) } as const
    try {
      const response = await fetch(`${provider.url}/chat/completions`, request)
      return { status: response.status, text: await response.text() }
    } catch (error) {
      return { status: 0, text: String(error) }
    }
  }

  const contentOf = (text: string) => (JSON.parse(text) as { choices: [{ message: { content: string } }] }).choices[0].message.content

  // Those that end the connection or the server come last, so that no other meets their aftermath.
  const kinds = faultKinds.toSorted((a, b) => Number(findFault(a).afterwards !== undefined) - Number(findFault(b).afterwards !== undefined))

  it.each(kinds)('%s is in the book as what it is, and charged when the work was done', async (kind) => {
    const { about, source, expected } = findFault(kind)
    const hangs = 'code' in expected && expected.code === 'timeout'
    expect([about, source]).not.toContain('')
    provider.clear()
    provider.enqueue(kind)
    const lastEntry = () => readBook(path.join(folder, 'book.jsonl')).entries.at(-1)
    const leave = new AbortController()
    const asking = ask(bodyFor(kind), leave.signal)
    if (hangs) {
      await expect.poll(() => lastEntry()?.outcome).toBe(kind)
      await new Promise((resolve) => setTimeout(resolve, 200))
      leave.abort()
    }
    const { status } = await asking
    const entry = lastEntry()!
    expect(entry.outcome).toBe(kind)
    // “paid” is the word for work whose answer is lost; an answer that arrives is paid as well.
    const isAnswer = status === 200 && !('code' in expected)
    const isUnpaid = status !== 200 || ['error-200', 'html-200'].includes(kind)
    if (about.includes('paid') || isAnswer) expect(entry).toMatchObject({ charged: true, textSha256: expect.any(String) })
    else if (isUnpaid) expect(entry).toMatchObject({ charged: false, inputTokens: 0, outputTokens: 0 })
    if ('afterwards' in findFault(kind)) await new Promise((resolve) => setTimeout(resolve, 400))
    if (kind === 'keep-alive-race') expect((await ask(question)).status).toBe(0)
  })

  it('befalls only requests that it is about', async () => {
    const { temperature: _, ...cold } = question
    for (const [kind, body] of [
      ['unsupported-temperature', cold],
      ['schema-refused', question],
      ['sse-stall', question],
      ['usage-null', { ...question, stream: true }],
    ] as const) {
      provider.clear()
      provider.enqueue(kind)
      expect((await ask(body)).status, kind).toBe(200)
      expect(readBook(path.join(folder, 'book.jsonl')).entries.at(-1)!.outcome, kind).toBe('answered')
    }
  })

  it('of content changes the text, and none like another', async () => {
    provider.clear()
    const plain = contentOf((await ask(question)).text)
    const texts = new Map<string, string>([[plain, 'the teacher']])
    for (const kind of faultsOf('content')) {
      provider.clear()
      provider.enqueue(kind)
      const text = contentOf((await ask(question)).text)
      expect(texts.get(text), kind).toBeUndefined()
      texts.set(text, kind)
    }
  })

  it.each(['json-fenced', 'json-prose', 'json-trailing-comma', 'json-truncated', 'json-single-quotes', 'json-nan', 'json-comments', 'json-twice'] as const)(
    '%s is no JSON',
    async (kind) => {
      provider.clear()
      provider.enqueue(kind)
      const text = contentOf((await ask(question)).text)
      expect(() => JSON.parse(text)).toThrow(SyntaxError)
    },
  )
})
