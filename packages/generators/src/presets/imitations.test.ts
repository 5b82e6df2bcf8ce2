import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type FakeProvider, readBook, startFakeProvider } from '@sedi/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type * as z from 'zod'
import { failureOf, question } from '../fixtures/odd-server.ts'
import openai from '../providers/openai.ts'
import { presets } from './registry.gen.ts'

// What decides whether a run works at all, for every preset against the imitation of its server. The whole contract: imitations.full.test.ts.
const { compatible: _, ...others } = presets
const ids = Object.keys(others) as (keyof typeof others)[]
const apiKey = 'correct.horse.battery.staple'

describe.each(ids)('preset %s and the imitation of its server', (preset) => {
  let folder: string
  let provider: FakeProvider
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'sedi-preset-'))
    provider = await startFakeProvider({
      bookFile: path.join(folder, 'book.jsonl'),
      imitation: preset,
      apiKey,
      limits: { requestsPerMinute: 600, tokensPerMinute: 600_000 },
    })
  })
  afterAll(async () => {
    await provider.close()
    await rm(folder, { recursive: true })
  })

  const create = (options: z.input<typeof openai.options> = {}, model = 'simulated-teacher', key = apiKey) =>
    openai.createTextGenerator(model, openai.options.parse({ preset, baseUrl: provider.url, ...options }), { credentials: { apiKey: key }, timeoutMs: 20_000 })
  const ask = async (...parameters: Parameters<typeof create>) =>
    (await create(...parameters)).generate({ ...question, temperature: 0.5, stop: ['a', 'b', 'c', 'd', 'e'] })

  it('answers, streamed or not, with the tokens its book has', async () => {
    for (const stream of [false, true]) {
      const before = readBook(path.join(folder, 'book.jsonl')).totals
      const { usage, warnings } = await ask({ stream })
      const after = readBook(path.join(folder, 'book.jsonl')).totals
      expect(after.requests - before.requests).toBe(1)
      expect([usage.inputTokens, usage.outputTokens]).toEqual([after.inputTokens - before.inputTokens, after.outputTokens - before.outputTokens])
      expect(warnings).toEqual([])
    }
  })

  // Mistral has no other name for the limit on tokens, which this model asks for.
  it.skipIf(preset === 'mistral')('learns a reasoning model', async () => {
    const result = await (await create({}, 'simulated-reasoner')).generate({ ...question, maxOutputTokens: 4_000, temperature: 0.5, stop: ['END'] })
    expect(result.text).not.toBe('')
    expect(result.adaptations?.map(({ setting, action }) => `${setting} ${action}`)).toEqual(expect.arrayContaining(['temperature dropped', 'stop emulated']))
  })

  it('names a bad key and an unknown model as such', async () => {
    expect((await failureOf(ask({}, 'simulated-teacher', 'wrong.key'))).code).toBe('invalid-credential')
    const anyModel: readonly string[] = ['llama-cpp', 'lm-studio']
    if (!anyModel.includes(preset)) expect((await failureOf(ask({}, 'no-such-model'))).code).toBe('not-found')
  })

  it('is described without buying anything', async () => {
    const before = readBook(path.join(folder, 'book.jsonl')).totals.requests
    const description = await (await create()).inspect!()
    expect(description.listed).toBe(preset === 'azure' ? undefined : true)
    const keyless = (await create({}, 'simulated-teacher', 'wrong.key')).inspect!()
    if (description.keyChecked) expect((await failureOf(keyless)).code).toBe('invalid-credential')
    else expect((await keyless).modelId).toBe('simulated-teacher')
    expect(readBook(path.join(folder, 'book.jsonl')).totals.requests).toBe(before)
  })
})
