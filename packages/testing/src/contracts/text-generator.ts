import { inspect } from 'node:util'
import { type Charged, type ErrorCode, type GenerateRequest, type GenerateResult, SediError, type TextGenerator } from '@sedi/spec'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { type FaultKind, unicodeText } from '../fake-provider/faults.ts'
import { contractTests, need, type Skips } from './contract-tests.ts'

/** A generator and what stands behind it. Parts may be missing where their tests are skipped. */
export type TextGeneratorSubject = {
  /** Waits 1 to 5 s for an answer. Without `fail` it takes at least 100 ms itself, so that it can be aborted half-way. */
  readonly generator: TextGenerator
  /** The key it was given. */
  readonly secret?: string | undefined
  /** Makes the next request go wrong. */
  readonly fail?: ((kind: FaultKind) => void) | undefined
  /** Requests that reached the provider so far. */
  readonly requestCount?: (() => number) | undefined
  /** What the provider received last, in the port's words. */
  readonly lastRequest?: (() => Partial<GenerateRequest>) | undefined
}

export type TextGeneratorContract<Subject extends TextGeneratorSubject> = {
  readonly name: string
  /** One subject for the whole suite: a fake provider takes a while to start. */
  create(): Promise<Subject>
  destroy?(subject: Subject): Promise<void>
  readonly skip?: Skips<TextGeneratorTest>
}

type Failure = { readonly code: ErrorCode; readonly retryable: boolean; readonly charged: Charged }
type Answer = { readonly text?: string; readonly finishReason: GenerateResult['finishReason'] }

const uncertain: Failure = { code: 'provider-response', retryable: true, charged: 'uncertain' }
const refused = (code: ErrorCode, retryable: boolean): Failure => ({ code, retryable, charged: 'none' })

/** What each fault of the provider must become. */
const failures: Readonly<Record<Exclude<FaultKind, keyof typeof oddAnswers>, Failure>> = {
  '429': refused('rate-limited', true),
  '429-retry-after': refused('rate-limited', true),
  '500': refused('provider-response', true),
  '502-html': refused('provider-response', true),
  'reset-before': uncertain,
  'reset-after': uncertain,
  truncated: uncertain,
  'html-200': uncertain,
  'empty-200': uncertain,
  'error-200': uncertain,
  stall: { code: 'timeout', retryable: true, charged: 'uncertain' },
  'invalid-credential': refused('invalid-credential', false),
  'model-not-found': refused('not-found', false),
  quota: refused('quota-exhausted', false),
}

/** Faults that are answers all the same, and must arrive as they are. */
const oddAnswers = {
  'empty-content': { text: '', finishReason: 'length' },
  length: { finishReason: 'length' },
  'malformed-text': { finishReason: 'stop' },
  'unicode-text': { text: unicodeText, finishReason: 'stop' },
} as const satisfies Partial<Record<FaultKind, Answer>>

export type TextGeneratorTest =
  | 'answers'
  | 'sends every setting, 0 included'
  | 'leaves out settings that are not given'
  | 'sends unicode unharmed'
  | 'takes an empty prompt'
  | 'stops at maxOutputTokens'
  | 'counts tokens, or says nothing'
  | 'answers the same in any order'
  | 'sends nothing when aborted before'
  | 'can be aborted half-way'
  | 'makes one attempt'
  | 'passes on how long to wait'
  | 'keeps the key out of errors'
  | `reports ${keyof typeof failures}`
  | `returns ${keyof typeof oddAnswers}`

/** For generators without a provider behind a wire: skips what looks at requests or needs the provider to fail. */
export function skipWireTests(reason: string): Skips<TextGeneratorTest> {
  const tests: readonly TextGeneratorTest[] = [
    'sends every setting, 0 included',
    'leaves out settings that are not given',
    'sends unicode unharmed',
    'makes one attempt',
    'passes on how long to wait',
    'keeps the key out of errors',
    ...entriesOf(failures).map(([kind]) => `reports ${kind}` as const),
    ...entriesOf<keyof typeof oddAnswers, Answer>(oddAnswers).map(([kind]) => `returns ${kind}` as const),
  ]
  return Object.fromEntries(tests.map((test) => [test, reason]))
}

const question: GenerateRequest = { messages: [{ role: 'user', content: 'Write one task about sorting words.' }], maxOutputTokens: 200, seed: 1 }

/** What every TextGenerator must do. */
export function describeTextGeneratorContract<Subject extends TextGeneratorSubject>(contract: TextGeneratorContract<Subject>): void {
  describe(`TextGenerator: ${contract.name}`, () => {
    let subject: Subject
    beforeAll(async () => {
      subject = await contract.create()
    })
    afterAll(async () => {
      await contract.destroy?.(subject)
    })
    const test = contractTests<TextGeneratorTest>(contract.skip)
    const generate = (changes: Partial<GenerateRequest> = {}, signal?: AbortSignal) => subject.generator.generate({ ...question, ...changes }, { signal })
    const failure = (changes?: Partial<GenerateRequest>, signal?: AbortSignal) => rejection(generate(changes, signal))

    test('answers', async () => {
      const result = await generate()
      expect(result.text).not.toBe('')
      expect(['stop', 'length']).toContain(result.finishReason)
      expect(result.modelId).not.toBe('')
      expect(result.warnings).toEqual([])
      expect(result.raw).toBeDefined()
    })

    test('sends every setting, 0 included', async () => {
      const settings = { seed: 0, temperature: 0, topP: 0.5, stop: ['END', 'STOP'], maxOutputTokens: 77 }
      await generate(settings)
      expect(need(subject.lastRequest, 'lastRequest')()).toMatchObject(settings)
    })

    test('leaves out settings that are not given', async () => {
      await subject.generator.generate({ messages: question.messages, maxOutputTokens: 77 })
      expect(need(subject.lastRequest, 'lastRequest')()).toEqual({ messages: question.messages, maxOutputTokens: 77 })
    })

    test('sends unicode unharmed', async () => {
      const messages = [
        { role: 'system', content: unicodeText },
        { role: 'user', content: unicodeText },
      ] as const
      await generate({ messages })
      expect(need(subject.lastRequest, 'lastRequest')().messages).toEqual(messages)
    })

    test('takes an empty prompt', async () => {
      const result = await generate({ messages: [{ role: 'user', content: '' }] })
      expect(typeof result.text).toBe('string')
    })

    test('stops at maxOutputTokens', async () => {
      const result = await generate({ maxOutputTokens: 2 })
      expect(result.finishReason).toBe('length')
      expect(result.usage.outputTokens ?? 0).toBeLessThanOrEqual(2)
    })

    test('counts tokens, or says nothing', async () => {
      const { usage } = await generate()
      for (const count of Object.values(usage)) {
        if (count !== undefined) expect(count).toSatisfy((value: number) => Number.isInteger(value) && value >= 0)
      }
      expect(usage.cachedInputTokens ?? 0).toBeLessThanOrEqual(usage.inputTokens ?? Number.POSITIVE_INFINITY)
      expect(usage.reasoningTokens ?? 0).toBeLessThanOrEqual(usage.outputTokens ?? Number.POSITIVE_INFINITY)
    })

    test('answers the same in any order', async () => {
      const seeds = [0, 1, 2, 3, 4]
      const together = await Promise.all(seeds.map((seed) => generate({ seed })))
      for (const seed of seeds.toReversed()) {
        expect((await generate({ seed })).text).toBe(together[seed]!.text)
      }
    })

    test('sends nothing when aborted before', async () => {
      const before = subject.requestCount?.()
      const error = await failure({}, AbortSignal.abort())
      expect(error.code).toBe('aborted')
      expect(error.details.charged).toBe('none')
      expect(subject.requestCount?.()).toBe(before)
    })

    test('can be aborted half-way', async () => {
      subject.fail?.('stall')
      const startedAt = performance.now()
      const error = await failure({}, AbortSignal.timeout(50))
      expect(error.code).toBe('aborted')
      expect(performance.now() - startedAt).toBeLessThan(900)
    })

    test('makes one attempt', async () => {
      const requestCount = need(subject.requestCount, 'requestCount')
      for (const kind of ['429', '500', 'reset-before', 'truncated'] as const) {
        const before = requestCount()
        need(subject.fail, 'fail')(kind)
        await failure()
        expect(requestCount() - before, kind).toBe(1)
      }
    })

    test('passes on how long to wait', async () => {
      need(subject.fail, 'fail')('429-retry-after')
      expect((await failure()).details.retryAfterMs).toBe(50)
    })

    test('keeps the key out of errors', async () => {
      const secret = need(subject.secret, 'secret')
      need(subject.fail, 'fail')('invalid-credential')
      const error = await failure()
      expect(JSON.stringify({ ...error, message: error.message, stack: error.stack })).not.toContain(secret)
      expect(inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true })).not.toContain(secret)
    })

    for (const [kind, expected] of entriesOf(failures)) {
      test(`reports ${kind}`, async () => {
        need(subject.fail, 'fail')(kind)
        const { code, retryable, details } = await failure()
        expect({ code, retryable, charged: details.charged }).toEqual(expected)
      })
    }

    for (const [kind, expected] of entriesOf<keyof typeof oddAnswers, Answer>(oddAnswers)) {
      test(`returns ${kind}`, async () => {
        need(subject.fail, 'fail')(kind)
        expect(await generate()).toMatchObject(expected)
      })
    }
  })
}

async function rejection(answer: Promise<GenerateResult>): Promise<SediError> {
  const outcome = await answer.then(
    (result) => result,
    (error: unknown) => error,
  )
  if (!SediError.is(outcome)) throw new Error(`Expected a SediError, got ${inspect(outcome)}`)
  return outcome
}

function entriesOf<Key extends string, Value>(table: Readonly<Record<Key, Value>>): [Key, Value][] {
  return Object.entries(table) as [Key, Value][]
}
