import { describeTextGeneratorContract, skipWireTests } from '@sedi/testing/contracts'
import { describe, expect, it } from 'vitest'
import type * as z from 'zod'
import simulated from './simulated.ts'

const context = { credentials: {}, timeoutMs: 1_000 }
const create = (options: z.input<typeof simulated.options> = {}, model = 'simulated') =>
  simulated.createTextGenerator(model, simulated.options.parse(options), context)

describeTextGeneratorContract({
  name: 'simulated',
  create: async () => ({ generator: await create({ latencyMs: 100 }) }),
  skip: skipWireTests('in process: there is no request to look at and no provider that could fail'),
})

describe('simulated', () => {
  const question = { messages: [{ role: 'user', content: 'Write one task.' }], maxOutputTokens: 200 } as const

  it('answers alike in one world and differently in another', async () => {
    const { text } = await (await create({ worldSeed: 3 })).generate(question)
    expect((await (await create({ worldSeed: 3 })).generate(question)).text).toBe(text)
    expect((await (await create({ worldSeed: 4 })).generate(question)).text).not.toBe(text)
  })

  it('takes seed 0 when none is given', async () => {
    const generator = await create()
    const { text } = await generator.generate(question)
    expect((await generator.generate({ ...question, seed: 0 })).text).toBe(text)
    expect((await generator.generate({ ...question, seed: 5 })).text).not.toBe(text)
  })

  it('warns about topP', async () => {
    expect((await (await create()).generate({ ...question, topP: 0.5 })).warnings).toHaveLength(1)
  })

  it('has one model', async () => {
    expect((await create({}, 'simulated-teacher')).modelId).toBe('simulated-teacher')
    await expect(create({}, 'gpt-5')).rejects.toMatchObject({ code: 'not-found' })
  })

  it('takes its time', async () => {
    const startedAt = performance.now()
    await (await create({ latencyMs: 120 })).generate(question)
    expect(performance.now() - startedAt).toBeGreaterThan(115)
  })

  it('knows what it does not know', async () => {
    const verifier = await simulated.createVerifier!(simulated.options.parse({}))
    const task = { instruction: 'Compose a limerick about the sea.', input: '', output: 'There once was a wave' }
    expect((await verifier.verify(task)).verdict).toBe('unknown')
  })
})
