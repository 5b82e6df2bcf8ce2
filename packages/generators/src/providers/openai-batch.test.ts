import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type GenerateRequest, type GenerateResult, SediError, type TextGenerator } from '@sedi/spec'
import { type BatchOptions, type FakeProvider, type FakeProviderOptions, readBook, startFakeProvider } from '@sedi/testing'
import { createFakeProviderSubject, describeTextGeneratorContract, skipFaults } from '@sedi/testing/contracts'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type * as z from 'zod'
import openai from './openai.ts'
import openaiBatch from './openai-batch.ts'

const fast = { gatherMs: 20, pollMs: 5, maxPollMs: 20 }

type Options = z.input<typeof openaiBatch.options>

const wireOnly = 'a line of a batch has no headers and no connection of its own; the addresses of files and batches are tried below'
const learnedLater = 'a refusal is known when the batch is over: the next attempt goes without the setting (tried below)'

describeTextGeneratorContract({
  name: 'openai-batch',
  create: () =>
    createFakeProviderSubject(({ baseUrl, apiKey, model, timeoutMs }) =>
      openaiBatch.createTextGenerator(model, openaiBatch.options.parse({ ...fast, baseUrl }), { credentials: { apiKey }, timeoutMs }),
    ),
  destroy: (subject) => subject.close(),
  skip: {
    'passes on how long to wait': wireOnly,
    'can be aborted half-way': 'a batch of one line may be over before the contract aborts; tried below while lines are gathered',
    ...skipFaults(
      [
        '429-retry-after-ms',
        '429-retry-after-date',
        '429-retry-after-hour',
        '429-retry-after-past',
        '429-azure',
        '503-together',
        '500-final',
        'outage',
        'gzip',
        'keep-alive-race',
      ],
      wireOnly,
    ),
    ...skipFaults(['unsupported-limit', 'unsupported-seed', 'unsupported-stop', 'unsupported-temperature', 'unsupported-top-p'], learnedLater),
    ...skipFaults(['schema-refused', 'schema-unsupported'], learnedLater),
    ...skipFaults(['stream-for-json'], 'a line of a batch is JSON'),
  },
})

let folder: string
let provider: FakeProvider
let notices: string[]
const generators: TextGenerator[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sedi-batch-'))
  notices = []
})
afterEach(async () => {
  for (const generator of generators.splice(0)) await generator.close?.()
  await provider?.close()
  rmSync(folder, { recursive: true })
})

const book = () => readBook(join(folder, 'book.jsonl')).totals

async function start(batches: BatchOptions = {}, options: Partial<FakeProviderOptions> = {}): Promise<void> {
  provider = await startFakeProvider({ bookFile: join(folder, 'book.jsonl'), batches, ...options })
}

/** Each call is another process as far as the adapter can tell. */
async function create(options: Options = {}, stateFolder: string | undefined = join(folder, 'state')): Promise<TextGenerator> {
  const parsed = openaiBatch.options.parse({ ...fast, baseUrl: provider.url, ...options })
  const context = { credentials: {}, timeoutMs: 20_000, stateFolder, onNotice: (message: string) => void notices.push(message) }
  const generator = await openaiBatch.createTextGenerator('simulated-teacher', parsed, context)
  generators.push(generator)
  return generator
}

const requestOf = (i: number): GenerateRequest => ({ messages: [{ role: 'user', content: `Write one task, number ${i}.` }], maxOutputTokens: 60, seed: i })
const keyOf = (i: number): string => `run@1/r01-c${i}/1`

type Outcome = GenerateResult | SediError

/** Asks for `count` answers, each under its key. */
function askAll(
  generator: TextGenerator,
  count: number,
  call: { readonly rejoin?: boolean; readonly signal?: AbortSignal } = {},
  first = 0,
): Promise<Outcome[]> {
  return Promise.all(
    Array.from({ length: count }, (_, n) => first + n).map((i) =>
      generator.generate(requestOf(i), { key: keyOf(i), ...call }).catch((error: unknown) => {
        if (SediError.is(error)) return error
        throw error
      }),
    ),
  )
}

const texts = (outcomes: readonly Outcome[]): unknown[] =>
  outcomes.map((one) => (SediError.is(one) ? [one.code, one.retryable, one.details.charged] : one.text))

/** What the teacher says to the first requests, asked one by one. */
const expected = (count: number): string[] => said.slice(0, count)
let said: string[]
beforeAll(async () => {
  const elsewhere = mkdtempSync(join(tmpdir(), 'sedi-batch-'))
  const server = await startFakeProvider({ bookFile: join(elsewhere, 'book.jsonl') })
  const single = await openai.createTextGenerator('simulated-teacher', openai.options.parse({ baseUrl: server.url }), { credentials: {}, timeoutMs: 20_000 })
  said = await Promise.all(Array.from({ length: 12 }, async (_, i) => (await single.generate(requestOf(i))).text))
  await server.close()
  rmSync(elsewhere, { recursive: true })
})

describe('openai-batch: gathering', () => {
  it('makes one batch of what comes together, and gives everyone the own answer', async () => {
    await start()
    expect(texts(await askAll(await create(), 5))).toEqual(expected(5))
    expect(provider.batches.batches()).toMatchObject([{ status: 'completed', counts: { total: 5, completed: 5, failed: 0 }, metadata: { sedi_run: 'run@1' } }])
    expect(book()).toMatchObject({ charged: 5, chargedAgain: 0 })
    expect(notices.at(-1)).toMatch(/^Batch batch_\d+ \(5 requests\): completed, 5 of 5 answered\.$/)
  })

  it('hands a full batch in at once, and splits what the provider does not take', async () => {
    await start({ maxLines: 4 })
    const outcomes = await askAll(await create({ batchSize: 10, maxLines: 4, gatherMs: 60_000 }), 10)
    expect(outcomes.filter((one) => !SediError.is(one))).toHaveLength(10)
    expect(provider.batches.batches().map(({ counts }) => counts.total)).toEqual([4, 4, 2])
  })

  it('splits by bytes as well, and refuses a request that no batch takes', async () => {
    await start({ maxBytes: 1200 })
    const generator = await create({ maxBytes: 1200 })
    const huge = generator.generate({ ...requestOf(9), messages: [{ role: 'user', content: 'x'.repeat(2000) }] }).catch((error: unknown) => error as SediError)
    expect(texts(await askAll(generator, 8))).toEqual(expected(8))
    expect(provider.batches.batches().length).toBeGreaterThan(1)
    expect(await huge).toMatchObject({ code: 'invalid-input', retryable: false, details: { charged: 'none' } })
  })

  it('wants as many calls at once as a batch has requests', async () => {
    await start()
    expect(await create({ batchSize: 7 })).toMatchObject({ recovery: 'rejoin', preferredConcurrency: 7 })
  })
})

describe('openai-batch: what a batch can bring', () => {
  it.each([
    ['shuffled', []],
    ['empty-error-file-id', []],
    ['new-status', []],
    ['nameless-line', ['1 results that name no request']],
    ['duplicate-lines', ['4 results that came twice', '1 results of requests that are not in it']],
  ] as const)('%s: every answer to its own request', async (scenario, odd) => {
    await start({ scenario: [scenario], lineMs: 5 })
    expect(texts(await askAll(await create(), 4))).toEqual(expected(4))
    for (const words of odd) await expect.poll(() => notices.join('\n')).toContain(words)
    expect(book()).toMatchObject({ charged: 4, chargedAgain: 0 })
  })

  it('expired: what was answered is paid and kept, the rest may be asked again at no cost', async () => {
    for (const scenario of ['expired', 'expired-silently'] as const) {
      await start({ scenario: [scenario] })
      const answers = expected(4)
      const unanswered = ['provider-response', true, 'none']
      expect(texts(await askAll(await create({}, join(folder, scenario)), 4))).toEqual([answers[0], answers[1], unanswered, unanswered])
      expect(book().charged).toBe(scenario === 'expired' ? 2 : 4)
      await provider.close()
    }
  })

  it('all failed: completed without an output file', async () => {
    await start({ scenario: ['all-failed'] })
    expect(texts(await askAll(await create(), 3))).toEqual(Array.from({ length: 3 }, () => ['invalid-input', false, 'none']))
    expect(book().charged).toBe(0)
  })

  it('a missing or torn line: may have been charged, may be asked again', async () => {
    const uncertain = ['provider-response', true, 'uncertain']
    await start({ scenario: ['missing-line'] })
    expect(texts(await askAll(await create(), 3))).toEqual([uncertain, ...expected(3).slice(1)])
    await provider.close()
    await start({ scenario: ['torn-line'] })
    expect(texts(await askAll(await create({}, join(folder, 'torn')), 3))).toEqual([...expected(3).slice(0, 2), uncertain])
  })

  it('line errors: those lines are refused, the others go into a new batch', async () => {
    await start({ scenario: ['line-errors'] })
    const refused = ['invalid-input', false, 'none']
    expect(texts(await askAll(await create(), 4))).toEqual([refused, ...expected(4).slice(1, 3), refused])
    expect(provider.batches.batches().map(({ status, counts }) => [status, counts.total])).toEqual([
      ['failed', 0],
      ['completed', 2],
    ])
    expect(book()).toMatchObject({ charged: 2, chargedAgain: 0 })
  })

  it.each(['forgotten', 'forgotten-200'] as const)('%s after its end: lost, may have been charged', async (scenario) => {
    await start({ scenario: [scenario] })
    expect(texts(await askAll(await create(), 2))).toEqual(Array.from({ length: 2 }, () => ['provider-response', true, 'uncertain']))
  })

  it('a setting that the model does not take: the next attempt goes without it', async () => {
    await start()
    const context = { credentials: {}, timeoutMs: 20_000, stateFolder: join(folder, 'state') }
    const generator = await openaiBatch.createTextGenerator('simulated-reasoner', openaiBatch.options.parse({ ...fast, baseUrl: provider.url }), context)
    generators.push(generator)
    const request = { ...requestOf(0), temperature: 0.5, maxOutputTokens: 2000 }
    const first = await generator.generate(request, { key: 'run@1/a/1' }).catch((error: unknown) => error as SediError)
    expect(first).toMatchObject({ code: 'unsupported', retryable: true, details: { charged: 'none' } })
    const second = await generator.generate(request, { key: 'run@1/a/2' })
    expect(second.adaptations).toMatchObject([{ setting: 'temperature', action: 'dropped' }])
  })
})

describe('openai-batch: a full queue', () => {
  it('waits for other batches of ours', async () => {
    await start({ scenario: ['normal', 'normal', 'token-limit'], lineMs: 400 })
    expect(texts(await askAll(await create({ maxLines: 2 }), 12))).toEqual(expected(12))
    const statuses = provider.batches.batches().map(({ status }) => status)
    expect(statuses.filter((status) => status === 'failed')).toHaveLength(1)
    expect(notices.join('\n')).toMatch(/queue is full: 2 requests/)
    expect(book()).toMatchObject({ charged: 12, chargedAgain: 0 })
  })

  it('keeps to what fits, whatever that is', async () => {
    await start({ maxEnqueuedTokens: 150, lineMs: 2 })
    expect(texts(await askAll(await create({ maxLines: 4 }), 12))).toEqual(expected(12))
    expect(book()).toMatchObject({ charged: 12, chargedAgain: 0 })
  })

  it('makes smaller batches when it is full without us', async () => {
    await start({ scenario: ['token-limit', 'token-limit'] })
    expect(texts(await askAll(await create(), 8))).toEqual(expected(8))
    expect(provider.batches.batches().map(({ counts }) => counts.total)).toEqual([0, 0, 4, 4])
  })

  it('dares larger ones, and more at once, as soon as some were taken', async () => {
    await start({ scenario: ['token-limit'], lineMs: 100 })
    const generator = await create({ maxLines: 4 })
    const totals = (): number[] => provider.batches.batches().map(({ counts }) => counts.total)
    expect(texts(await askAll(generator, 4))).toEqual(expected(4))
    expect(totals()).toEqual([0, 2, 2])
    const asking = askAll(generator, 8, {}, 4)
    const inHand = (): number => provider.batches.batches().filter(({ status }) => status === 'validating' || status === 'in_progress').length
    while (inHand() < 2) await wait(5)
    expect(texts(await asking)).toEqual(expected(12).slice(4))
    expect(totals()).toEqual([0, 2, 2, 4, 4])
  })

  it('gives up when not even one request fits, at no cost', async () => {
    await start({ scenario: Array.from({ length: 12 }, () => 'token-limit' as const) })
    expect(texts(await askAll(await create(), 1))).toEqual([['rate-limited', true, 'none']])
  })
})

describe('openai-batch: addresses that fail', () => {
  it.each(['429', '500', '502-html', 'reset-before', 'reset-after', 'cut-short', 'error-200'] as const)(
    '%s while handing in: nothing is bought twice',
    async (fault) => {
      await start()
      provider.batches.fail('upload-file', fault)
      provider.batches.fail('create-batch', fault)
      provider.batches.fail('list-batches', '500', 'reset-before')
      expect(texts(await askAll(await create(), 3))).toEqual(expected(3))
      expect(provider.batches.batches()).toHaveLength(1)
      expect(book()).toMatchObject({ charged: 3, chargedAgain: 0 })
    },
  )

  it.each(['429', '500', '502-html', 'reset-before', 'reset-after', 'cut-short', 'error-200'] as const)(
    '%s while looking and fetching: it looks again',
    async (fault) => {
      await start({ scenario: ['expired'] })
      provider.batches.fail('retrieve-batch', fault, fault)
      provider.batches.fail('file-content', fault, fault)
      const outcomes = await askAll(await create(), 4)
      expect(texts(outcomes).slice(0, 2)).toEqual(expected(4).slice(0, 2))
      expect(texts(outcomes).slice(2)).toEqual(Array.from({ length: 2 }, () => ['provider-response', true, 'none']))
      expect(book()).toMatchObject({ charged: 2, chargedAgain: 0 })
    },
  )

  it('a refused key while handing in costs nothing; while waiting it leaves the attempt open', async () => {
    await start()
    provider.batches.fail('upload-file', '401')
    expect(texts(await askAll(await create(), 2))).toEqual(Array.from({ length: 2 }, () => ['invalid-credential', false, 'none']))
    provider.batches.fail('retrieve-batch', '401')
    const generator = await create({}, join(folder, 'other'))
    const [open] = await askAll(generator, 1)
    expect(open).toMatchObject({ code: 'invalid-credential', retryable: false, details: { rejoin: true } })
    expect(texts(await askAll(generator, 1))).toEqual(expected(1))
    expect(book()).toMatchObject({ charged: 1, chargedAgain: 0 })
  })

  it('gives up handing in after some tries, at no cost', async () => {
    await start()
    provider.batches.fail('upload-file', ...Array.from({ length: 20 }, () => '500' as const))
    expect(texts(await askAll(await create(), 2))).toEqual(Array.from({ length: 2 }, () => ['provider-response', true, 'none']))
    expect(provider.batches.requests('upload-file')).toBe(6)
    expect(book().requests).toBe(0)
  })
})

describe('openai-batch: stopping and coming back', () => {
  it('leaves a batch where it is; another process fetches the same answers', async () => {
    await start({ lineMs: 30 })
    const stop = new AbortController()
    const first = await create()
    const asking = askAll(first, 4, { signal: stop.signal })
    while (provider.batches.requests('retrieve-batch') === 0) await wait(5)
    stop.abort()
    for (const outcome of await asking) expect(outcome).toMatchObject({ code: 'aborted', retryable: false, details: { rejoin: true } })
    await first.close?.()
    expect(texts(await askAll(await create(), 4, { rejoin: true }))).toEqual(expected(4))
    expect(provider.batches.batches()).toHaveLength(1)
    expect(book()).toMatchObject({ charged: 4, chargedAgain: 0 })
  })

  it('finds its batches when its notes are lost', async () => {
    await start({ lineMs: 10 })
    const stop = new AbortController()
    const first = await create({ maxLines: 2 })
    const asking = askAll(first, 5, { signal: stop.signal })
    while (provider.batches.batches().length < 3) await wait(5)
    await wait(30)
    stop.abort()
    await asking
    await first.close?.()
    rmSync(join(folder, 'state'), { recursive: true })
    expect(texts(await askAll(await create(), 5, { rejoin: true }))).toEqual(expected(5))
    expect(notices.join('\n')).toContain('Found 3 batches of this run at the provider')
    expect(book()).toMatchObject({ charged: 5, chargedAgain: 0 })
  })

  it('buys what no batch has, although it was begun before', async () => {
    await start()
    expect(texts(await askAll(await create(), 2, { rejoin: true }))).toEqual(expected(2))
    expect(book()).toMatchObject({ charged: 2, chargedAgain: 0 })
  })

  it('stopped before a batch was made of it: costs nothing', async () => {
    await start()
    const stop = new AbortController()
    const asking = askAll(await create({ gatherMs: 60_000 }), 2, { signal: stop.signal })
    await wait(50)
    stop.abort()
    expect(texts(await asking)).toEqual(Array.from({ length: 2 }, () => ['aborted', false, 'none']))
    expect(provider.batches.requests('upload-file')).toBe(0)
  })

  it('closing tells everyone and leaves what is bought open', async () => {
    await start({ scenario: ['stuck'] })
    const generator = await create()
    const asking = askAll(generator, 1)
    while (provider.batches.requests('retrieve-batch') === 0) await wait(5)
    await generator.close?.()
    expect(await asking).toMatchObject([{ code: 'aborted', details: { rejoin: true } }])
  })

  it('does not take the answer to another request for its own', async () => {
    await start()
    const first = await create()
    await first.generate(requestOf(0), { key: keyOf(0) })
    const other = await create()
    const error = await other.generate(requestOf(1), { key: keyOf(0), rejoin: true }).catch((thrown: unknown) => thrown as SediError)
    expect(error).toMatchObject({ code: 'provider-response', retryable: true, details: { charged: 'uncertain' } })
  })

  it('does not sleep on when it is to cancel', async () => {
    await start({ scenario: ['stuck'], finalizeMs: 20_000 })
    const stop = new AbortController()
    const generator = await create({ pollMs: 60_000, maxPollMs: 60_000 })
    const asking = askAll(generator, 1, { signal: stop.signal })
    while (provider.batches.requests('create-batch') === 0) await wait(5)
    await wait(500)
    stop.abort()
    await asking
    const results = await generator.cancel!([keyOf(0)], { signal: AbortSignal.timeout(5000) })
    // Woken once, and then asleep again for a minute: the provider had not confirmed yet.
    expect(provider.batches.requests('retrieve-batch')).toBe(1)
    expect(results.get(keyOf(0))).toMatchObject({ code: 'aborted', details: { rejoin: true } })
    expect(provider.batches.batches()).toMatchObject([{ status: expect.stringMatching(/^cancel/) }])
  })

  it('cancels at the provider and returns what was paid for', async () => {
    await start({ lineMs: 250 })
    const stop = new AbortController()
    const first = await create()
    const asking = askAll(first, 6, { signal: stop.signal })
    while (book().charged < 2) await wait(5)
    stop.abort()
    await asking
    await first.close?.()
    const generator = await create({ pollMs: 20, maxPollMs: 60_000 })
    const keys = Array.from({ length: 7 }, (_, i) => keyOf(i))
    const results = await generator.cancel!(keys)
    const { charged } = book()
    const answers = keys.map((key) => results.get(key)!)
    expect(answers.filter((one) => !SediError.is(one)).map((one) => (one as GenerateResult).text)).toEqual(expected(6).slice(0, charged))
    expect(charged).toBeLessThan(6)
    for (const error of answers.slice(charged)) expect(error).toMatchObject({ details: { charged: 'none' } })
    expect(provider.batches.batches()).toMatchObject([{ status: 'cancelled' }])
  })
})
