import type { CallFact, GenerateRequest, TextGenerator } from '@sedi/spec'
import { callFact, describeTextGeneratorContract, skipWireTests } from '@sedi/testing/contracts'
import { describe, expect, it } from 'vitest'
import type * as z from 'zod'
import replay from './replay.ts'
import simulated from './simulated.ts'

type Options = Partial<z.input<typeof replay.options>>
const context = { credentials: {}, timeoutMs: 1_000 }

async function* each(calls: readonly CallFact[]): AsyncGenerator<CallFact> {
  yield* calls
}

const create = (calls: readonly CallFact[], options: Options = {}, model = 'replay') =>
  replay.createTextGenerator(model, replay.options.parse({ run: '/runs/x', ...options }), { ...context, readCalls: () => each(calls) })

/** Every question is put to the simulated teacher, recorded as a ledger would give it back, and answered from that record. */
async function recordAndReplay(): Promise<TextGenerator> {
  const teacher = await simulated.createTextGenerator('simulated', simulated.options.parse({}), context)
  return {
    specVersion: 1,
    provider: 'replay',
    modelId: 'replay',
    async generate(request, call) {
      const { text, finishReason, usage, modelId } = await teacher.generate(request)
      const recorded = { ...callFact('r01-c0000', 0), request, text, finishReason, usage, modelId, warnings: [] }
      const generator = await create([JSON.parse(JSON.stringify(recorded)) as CallFact], { latencyMs: 100 })
      return generator.generate(request, call)
    },
  }
}

describeTextGeneratorContract({
  name: 'replay',
  create: async () => ({ generator: await recordAndReplay() }),
  skip: skipWireTests('in process: there is no request to look at and no provider that could fail'),
})

const request: GenerateRequest = { messages: [{ role: 'user', content: 'Write a task about sorting.' }], maxOutputTokens: 50, temperature: 1, seed: 7 }
const recorded = (callId: string, change: Partial<CallFact> = {}): CallFact => ({ ...callFact(callId, 0), request, text: `answer of ${callId}`, ...change })

describe('replay', () => {
  it('plays what was recorded, whatever the order of its keys', async () => {
    const { messages, ...rest } = request
    const generator = await create([recorded('r01-c0000')])
    expect(await generator.generate({ ...rest, stop: undefined, messages })).toMatchObject({
      text: 'answer of r01-c0000',
      finishReason: 'stop',
      usage: { inputTokens: 10, outputTokens: 20, reasoningTokens: 0 },
      modelId: 'some-model',
      warnings: ['stop was shortened'],
      costNanoUsd: 0,
      raw: { replayed: 'r01-c0000' },
    })
  })

  it('counts what it cost then, when asked to', async () => {
    expect(await (await create([recorded('r01-c0000')], { charge: 'recorded' })).generate(request)).toMatchObject({ costNanoUsd: 400 })
    const unpriced = await create([recorded('r01-c0000', { costNanoUsd: null })], { charge: 'recorded' })
    expect((await unpriced.generate(request)).costNanoUsd).toBeUndefined()
    expect(replay.listPrice!('replay', replay.options.parse({ run: 'x', charge: 'recorded' }))).toBeUndefined()
    expect(replay.listPrice!('replay', replay.options.parse({ run: 'x' }))).toMatchObject({ inputPerMTokUsd: 0, outputPerMTokUsd: 0 })
  })

  it('gives each of several answers to one request once, in order, or that of the call it is asked for', async () => {
    const calls = ['r01-c0000', 'r01-c0001', 'r01-c0002'].map((id) => recorded(id))
    const inOrder = await create(calls)
    expect([(await inOrder.generate(request)).text, (await inOrder.generate(request)).text]).toEqual(['answer of r01-c0000', 'answer of r01-c0001'])
    const byName = await create(calls)
    expect((await byName.generate(request, { key: 'run-2/r01-c0002/1' })).text).toBe('answer of r01-c0002')
    expect((await byName.generate(request, { key: 'run-2/r01-c0002/2' })).text).toBe('answer of r01-c0002')
    expect((await byName.generate(request)).text).toBe('answer of r01-c0000')
  })

  it('does not invent one more', async () => {
    const generator = await create([recorded('r01-c0000')])
    await generator.generate(request)
    await expect(generator.generate(request)).rejects.toMatchObject({ code: 'not-found', retryable: false, details: { charged: 'none' } })
    await expect(generator.generate(request)).rejects.toThrow('recorded once and is asked once more')
  })

  it.each<[string, Partial<GenerateRequest>, string]>([
    ['temperature', { temperature: 0.5 }, 'r01-c0001: temperature was 1, now 0.5'],
    ['maxOutputTokens', { maxOutputTokens: 60 }, 'maxOutputTokens was 50, now 60'],
    ['a new setting', { topP: 0.9 }, 'topP was not set, now 0.9'],
    [
      'prompt',
      { messages: [{ role: 'user', content: 'Write a task about counting.' }] },
      'message 1 at character 20: it had “ask about sorting.”, now “ask about counting.”',
    ],
    ['a message more', { messages: [...request.messages, { role: 'user', content: 'b' }] }, 'the prompt had 1 messages, now 2'],
  ])('says how the nearest differs: %s', async (_, change, words) => {
    const other = { ...request, messages: [{ role: 'user', content: 'Something else entirely.' }] } as const
    const generator = await create([recorded('r01-c0000', { request: other }), recorded('r01-c0001')])
    await expect(generator.generate({ ...request, ...change })).rejects.toThrow(words)
  })

  it('takes only the answers of a model that is named', async () => {
    const calls = [recorded('r01-c0000', { modelId: 'a' }), recorded('r01-c0001', { modelId: 'b' })]
    expect((await (await create(calls, {}, 'b')).generate(request)).text).toBe('answer of r01-c0001')
    await expect((await create(calls, {}, 'c')).generate(request)).rejects.toThrow('answers by c only')
  })

  it('needs a record with something in it', async () => {
    await expect(create([])).rejects.toMatchObject({ code: 'invalid-input' })
    await expect(replay.createTextGenerator('replay', replay.options.parse({ run: 'x' }), context)).rejects.toMatchObject({ code: 'unsupported' })
  })
})
