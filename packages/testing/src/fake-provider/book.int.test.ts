import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { appendFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { SediError } from '@sedi/spec'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Book, openBook } from './open-book.ts'
import { readBook } from './read-book.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const nothing = { charged: false, inputTokens: 0, outputTokens: 0, text: null }

describe('the book', () => {
  let folder: string
  let file: string

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'sedi-book-'))
    file = path.join(folder, 'deep', 'book.jsonl')
  })
  afterEach(async () => {
    await rm(folder, { recursive: true })
  })

  it('is empty before it exists', () => {
    expect(readBook(file)).toMatchObject({ entries: [], tornLines: 0, totals: { requests: 0, charged: 0 } })
  })

  it('computes its own hashes and totals', async () => {
    const book = await openBook(file)
    const first = await book.received('{"model":"m", "seed":0, "b":{"y":1,"x":["é"]}}')
    const about = { operation: 'chat', imitation: 'groq', clientRequestId: 'c1', idempotencyKey: 'i1' }
    const second = await book.received('{"b":{"x":["é"],"y":1},"seed":0,"model":"m"}', about)
    const third = await book.received('not JSON')
    await book.finished(second, { outcome: 'answered', charged: true, inputTokens: 3, outputTokens: 4, text: 'für' })
    await book.finished(first, { outcome: 'reset-after', charged: true, inputTokens: 30, cachedTokens: 5, outputTokens: 40, reasoningTokens: 6, text: 'für' })
    await book.close()
    const canonical = sha256('{"b":{"x":["é"],"y":1},"model":"m","seed":0}')
    const { entries, totals } = readBook(file)
    expect(entries).toMatchObject([
      {
        sequence: first,
        bodySha256: canonical,
        model: 'm',
        seed: 0,
        outcome: 'reset-after',
        charged: true,
        cachedTokens: 5,
        reasoningTokens: 6,
        textSha256: sha256('für'),
      },
      { sequence: second, bodySha256: canonical, outcome: 'answered', cachedTokens: 0, ...about },
      {
        sequence: third,
        bodySha256: sha256('not JSON'),
        model: null,
        seed: null,
        outcome: null,
        charged: false,
        textSha256: null,
        imitation: 'openai',
        clientRequestId: null,
      },
    ])
    expect(totals).toEqual({ requests: 3, answered: 1, charged: 2, chargedAgain: 1, inputTokens: 33, cachedTokens: 5, outputTokens: 44 })
  })

  it('keeps the order of arrival under load', async () => {
    const book = await openBook(file)
    const bodies = Array.from({ length: 300 }, (_, i) => JSON.stringify({ seed: i, padding: '字'.repeat(500) }))
    const sequences = await Promise.all(bodies.map((body) => book.received(body)))
    await book.close()
    expect(sequences).toEqual(bodies.map((_, i) => i + 1))
    expect(readBook(file).entries.map((entry) => entry.seed)).toEqual(bodies.map((_, i) => i))
  })

  it('goes on after a crash that tore its last line', async () => {
    const before = await openBook(file)
    await before.finished(await before.received('{"seed":1}'), { outcome: '500', ...nothing })
    await before.close()
    appendFileSync(file, '{"event":"received","sequence":2,"bo')
    expect(readBook(file)).toMatchObject({ tornLines: 1, totals: { requests: 1 } })

    const after = await openBook(file)
    expect(await after.received('{"seed":3}')).toBe(3)
    await after.close()
    expect(readBook(file)).toMatchObject({ tornLines: 1, entries: [{ sequence: 1 }, { sequence: 3, seed: 3 }] })
  })

  it('belongs to one server', async () => {
    const holder = await openBook(file)
    const error = await openBook(file).catch((thrown: unknown) => thrown)
    expect(SediError.is(error, 'conflict')).toBe(true)
    await holder.close()
    await (await openBook(file)).close()
  })

  it('is written before the server goes on', async () => {
    const book = await openBook(file)
    const sequence = await book.received('{}')
    expect(readBook(file).totals.requests).toBe(1)
    await book.finished(sequence, { outcome: 'answered', charged: true, inputTokens: 1, outputTokens: 1, text: '' })
    expect(readBook(file).totals.answered).toBe(1)
    await book.close()
  })

  it('has every answer of a server that was killed, and ends with it', async () => {
    const start = new URL('./start-fake-provider.ts', import.meta.url).href
    const program = `
      const { startFakeProvider } = await import(${JSON.stringify(start)})
      const provider = await startFakeProvider({ bookFile: ${JSON.stringify(file)}, latencyMs: [0, 40] })
      console.log(provider.url)
    `
    const server = spawn(process.execPath, ['--conditions=@sedi/source', '--input-type=module', '--eval', program], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [url] = (await once(createInterface({ input: server.stdout }), 'line')) as [string]

    const answers: string[] = []
    const ask = async (seed: number) => {
      const body = { model: 'simulated-teacher', messages: [{ role: 'user', content: 'One task, please.' }], seed }
      const response = await fetch(`${url}/chat/completions`, { method: 'POST', body: JSON.stringify(body) })
      const { choices } = (await response.json()) as { choices: [{ message: { content: string } }] }
      answers.push(`${seed} ${sha256(choices[0].message.content)}`)
      if (answers.length === 30) server.kill('SIGKILL')
    }
    // Eight at a time, so that the kill finds requests in every stage.
    let seed = 0
    const asking = Array.from({ length: 8 }, async () => {
      while (seed < 200) await ask(seed++)
    })
    const results = await Promise.allSettled(asking)
    expect(results.some((result) => result.status === 'rejected')).toBe(true)
    expect(answers.length).toBeLessThan(200)

    // The book-keeper has ended when another may begin.
    await reopened(file)
    const { entries, tornLines, totals } = readBook(file)
    const booked = new Set(entries.filter((entry) => entry.outcome === 'answered').map((entry) => `${entry.seed} ${entry.textSha256}`))
    expect(answers.filter((answer) => !booked.has(answer))).toEqual([])
    expect(tornLines).toBe(0)
    expect(totals.requests - answers.length).toBeLessThanOrEqual(8)
  })
})

async function reopened(file: string): Promise<void> {
  for (let tries = 0; tries < 1000; tries++) {
    const book = await openBook(file).catch((): Book | undefined => undefined)
    if (book !== undefined) return book.close()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('the book-keeper outlived its server')
}
