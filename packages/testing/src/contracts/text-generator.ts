import { setTimeout as wait } from 'node:timers/promises'
import { inspect } from 'node:util'
import { type GenerateRequest, type GenerateResult, SediError, type TextGenerator, type Usage } from '@sedi/spec'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import type { ExpectedAnswer, ExpectedFailure, Fault } from '../fake-provider/faults/fault.ts'
import { type FaultKind, faultKinds, findFault, unicodeText } from '../fake-provider/faults.ts'
import { contractTests, need, type Skips } from './contract-tests.ts'

/** A generator and what stands behind it. Parts may be missing where their tests are skipped. */
export type TextGeneratorSubject = {
  /** Waits at least 20 s for an answer. Without `fail` it takes at least 100 ms itself, so that it can be aborted half-way. */
  readonly generator: TextGenerator
  /** Another one like it, which has learned nothing about its model yet and waits so long for an answer. */
  readonly another?: ((timeoutMs: number) => Promise<TextGenerator>) | undefined
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
  /** Whether it asks for streams: then it meets the faults of streams instead of those of answers in one piece. @default false */
  readonly streams?: boolean
  readonly skip?: Skips<TextGeneratorTest>
}

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
  | FaultTest

/** One test for each fault, by what must come of it. */
export type FaultTest = `reports ${FaultKind}` | `returns ${FaultKind}`

const faultTest = (kind: FaultKind): FaultTest => ('code' in findFault(kind).expected ? `reports ${kind}` : `returns ${kind}`)

/** Leaves out faults that a provider cannot meet: `skipFaults(['unsupported-seed'], 'sends no seed')`. */
export function skipFaults(kinds: readonly FaultKind[], reason: string): Skips<TextGeneratorTest> {
  return Object.fromEntries(kinds.map((kind) => [faultTest(kind), reason]))
}

/** For generators without a provider behind a wire: skips what looks at requests or needs the provider to fail. */
export function skipWireTests(reason: string): Skips<TextGeneratorTest> {
  const tests: readonly TextGeneratorTest[] = [
    'sends every setting, 0 included',
    'leaves out settings that are not given',
    'sends unicode unharmed',
    'makes one attempt',
    'passes on how long to wait',
    'keeps the key out of errors',
    ...faultKinds.map(faultTest),
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
      expect(performance.now() - startedAt).toBeLessThan(10_000)
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

    /** Who meets a fault: whoever runs out of patience should do so soon, and what is learned must not be known yet. */
    async function meets({ expected }: Fault): Promise<TextGenerator> {
      if ('code' in expected && expected.code === 'timeout') return need(subject.another, 'another')(impatientMs)
      return 'adapts' in expected ? need(subject.another, 'another')(patientMs) : subject.generator
    }

    for (const kind of faultKinds) {
      const fault = findFault(kind)
      if (fault.only !== undefined && (fault.only === 'stream') !== (contract.streams ?? false)) continue
      test(faultTest(kind), async () => {
        const generator = await meets(fault)
        const ask = () => generator.generate({ ...question, maxOutputTokens: 4_000, ...fault.when })
        need(subject.fail, 'fail')(kind)
        if ('code' in fault.expected) expectFailure(await rejection(ask()), fault.expected)
        else expectAnswer(await ask(), fault.expected)
        if (fault.afterwards !== undefined) {
          const meetAgain = async (): Promise<void> => {
            need(subject.fail, 'fail')(kind)
            await ask().catch(() => {})
          }
          await expectAftermath(ask, meetAgain, fault.afterwards)
        }
      })
    }
  })
}

const impatientMs = 250
const patientMs = 20_000

function expectFailure({ code, retryable, details }: SediError, { retryAfterMs, ...expected }: ExpectedFailure): void {
  expect({ code, retryable, charged: details.charged }).toEqual(expected)
  if (typeof retryAfterMs === 'object') {
    expect(details.retryAfterMs).toBeGreaterThanOrEqual(retryAfterMs[0])
    expect(details.retryAfterMs).toBeLessThanOrEqual(retryAfterMs[1])
  } else if (retryAfterMs !== undefined) expect(details.retryAfterMs).toBe(retryAfterMs)
}

function expectAnswer(result: GenerateResult, { finishReason, text, usage, adapts, warns }: ExpectedAnswer): void {
  expect(result.finishReason).toBe(finishReason)
  if (text !== undefined) expect(result.text).toBe(text)
  if (usage !== undefined) expect(knownCounts(result.usage)).toEqual(usage)
  if (warns) expect(result.warnings).not.toEqual([])
  if (adapts !== undefined)
    expect(result.adaptations?.map(({ setting }) => setting)).toSatisfy((settings: string[]) => adapts.some((one) => settings.includes(one)))
}

/** One of the next requests meets it; then all is well again. It may be over before a loaded machine has asked: then the fault is met once more. */
async function expectAftermath(ask: () => Promise<GenerateResult>, meetAgain: () => Promise<void>, expected: ExpectedFailure): Promise<void> {
  const outcomes: unknown[] = []
  for (let tries = 0; tries < 30 && !SediError.is(outcomes.at(-1)); tries++) {
    if (tries > 0 && tries % 6 === 0) await meetAgain()
    outcomes.push(await ask().catch((error: unknown) => error))
  }
  expectFailure(await rejection(Promise.reject(outcomes.at(-1))), expected)
  for (let tries = 0; tries < 400 && SediError.is(outcomes.at(-1)); tries++) {
    await wait(50)
    outcomes.push(await ask().catch((error: unknown) => error))
  }
  expect(outcomes.at(-1)).not.toBeInstanceOf(Error)
}

function knownCounts(usage: Usage): object {
  return Object.fromEntries(Object.entries(usage).filter(([, count]) => count !== undefined))
}

async function rejection(answer: Promise<GenerateResult>): Promise<SediError> {
  const outcome = await answer.then(
    (result) => result,
    (error: unknown) => error,
  )
  if (!SediError.is(outcome)) throw new Error(`Expected a SediError, got ${inspect(outcome)}`)
  return outcome
}
