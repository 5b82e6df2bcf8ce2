import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ModelRef, type OpenModel, SediError, type Trainer } from '@sedi/spec'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createEmbeddedTrainer } from './embedded-trainer.ts'
import { collect } from './fixtures/collect.ts'
import { copyExamples, copySpec } from './fixtures/copy-task.ts'

const folder = mkdtempSync(join(tmpdir(), 'sedi-open-model-'))
const questions = copyExamples(64, 9)
let trainer: Trainer
let model: ModelRef
let opened: OpenModel

beforeAll(async () => {
  trainer = createEmbeddedTrainer({ folder, options: { layers: 2, width: 32, heads: 4 }, checkpointEverySteps: 50 })
  // Half-trained, so that some answers are right and some are wrong.
  const optimiser = { learningRate: 5e-3, warmupSteps: 10, maxGradNorm: 1, weightDecay: 0 }
  const job = await trainer.submit(copySpec(50, { examples: copyExamples(300, 2), optimiser }))
  await collect(trainer.metrics!(job))
  model = (await trainer.get(job)).model!
  opened = await trainer.open!(model)
})
afterAll(async () => {
  await trainer.close!()
  rmSync(folder, { recursive: true })
})

const ask = (content: string, settings: { temperature?: number; maxOutputTokens?: number; seed?: number; topP?: number; stop?: string[] } = {}) =>
  opened.generator.generate({ messages: [{ role: 'user', content }], maxOutputTokens: 12, temperature: 0, ...settings })

test('greedy answers are right exactly where the scorer’s best tokens are all the right ones', async () => {
  const answers = await Promise.all(questions.map(({ prompt }) => ask(prompt)))
  const scores = await opened.scorer!.score(questions)
  const right = questions.map(({ completion }, i) => answers[i]!.text === completion && answers[i]!.finishReason === 'stop')
  const best = scores.map(({ tokenLogprobs, topLogprobs }) => tokenLogprobs.every((value, i) => value === topLogprobs[i]))
  expect(best).toEqual(right)
  expect(new Set(right)).toEqual(new Set([true, false]))
})

test('scores are log-probabilities over the answer and its end, never above the best token’s', async () => {
  const [score] = await opened.scorer!.score([{ prompt: 'copy 1 2 3', completion: '1 2 3' }])
  expect(score!.tokenLogprobs).toHaveLength(6)
  expect(score!.topLogprobs).toHaveLength(6)
  score!.tokenLogprobs.forEach((value, i) => {
    expect(value).toBeLessThanOrEqual(score!.topLogprobs[i]!)
    expect(score!.topLogprobs[i]).toBeLessThanOrEqual(1e-5)
  })
})

test('the probabilities of different next tokens make up at most 1', async () => {
  // Answers of one ASCII character that is no letter and no space: their first tokens are all different, and the digits have most of the mass.
  const characters = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)).filter((character) => !/[a-z ]/i.test(character))
  const scores = await opened.scorer!.score(characters.map((completion) => ({ prompt: 'copy 1 2 3', completion })))
  const mass = scores.reduce((sum, { tokenLogprobs }) => sum + Math.exp(tokenLogprobs[0]!), 0)
  expect(mass).toBeGreaterThan(0.9)
  expect(mass).toBeLessThanOrEqual(1 + 1e-5)
})

test('one call of 64 and 64 calls of one give the same scores, to the bit', async () => {
  const together = await opened.scorer!.score(questions)
  const apart = await Promise.all(questions.toReversed().map((question) => opened.scorer!.score([question])))
  expect(apart.toReversed().flat()).toEqual(together)
})

test('sampling depends on the seed and on nothing else', async () => {
  const settings = { temperature: 3, maxOutputTokens: 8 }
  const first = await ask('copy 1 2 3', { ...settings, seed: 5 })
  const others = await Promise.all([5, 6, 7].map((seed) => ask('copy 1 2 3', { ...settings, seed })))
  expect(others[0]!.text).toBe(first.text)
  expect(new Set(others.map((result) => result.text)).size).toBeGreaterThan(1)
})

test('stops at maxOutputTokens and at a stop text, and counts tokens', async () => {
  const short = await ask('copy 1 2 3', { maxOutputTokens: 2 })
  expect(short).toMatchObject({ finishReason: 'length', usage: { inputTokens: 7, outputTokens: 2 } })
  const stopped = await ask('copy 1 2 3', { stop: [' '] })
  expect(stopped.finishReason).toBe('stop')
  expect(stopped.text).not.toContain(' ')
})

test('says what it ignored: other messages, the beginning of a long prompt', async () => {
  const messages = [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'copy 1 2 3 '.repeat(9) },
  ] as const
  const { warnings, finishReason } = await opened.generator.generate({ messages, maxOutputTokens: 500, temperature: 0 })
  expect(warnings).toHaveLength(2)
  expect(warnings.join(' ')).toMatch(/1 other message.*first \d+ tokens were cut/)
  expect(['stop', 'length']).toContain(finishReason)
})

test('empty and foreign texts are scored and answered', async () => {
  const scores = await opened.scorer!.score([
    { prompt: '', completion: '' },
    { prompt: '日本 😀', completion: '🇫🇷' },
  ])
  expect(scores.map(({ tokenLogprobs }) => tokenLogprobs.length)).toEqual([1, 9])
  expect(await opened.scorer!.score([])).toEqual([])
  expect(await ask('')).toMatchObject({ modelId: model.uri })
})

test('an aborted question is refused, before and during', async () => {
  const code = (promise: Promise<unknown>) => promise.catch((error: unknown) => (SediError.is(error) ? error.code : error))
  const item = [questions[0]!]
  expect(await code(opened.scorer!.score(item, { signal: AbortSignal.abort() }))).toBe('aborted')
  const controller = new AbortController()
  const asked = opened.scorer!.score(item, { signal: controller.signal })
  controller.abort()
  expect(await code(asked)).toBe('aborted')
})

test('answers while a job runs, and changes nothing about it', async () => {
  const spec = copySpec(60, { jobName: 'quiet' })
  const quiet = await trainer.submit(spec)
  const expected = await collect(trainer.metrics!(quiet))
  const job = await trainer.submit({ ...spec, jobName: 'busy' })
  const before = await opened.scorer!.score(questions.slice(0, 4))
  for await (const metric of trainer.metrics!(job)) {
    if (metric.step % 20 === 0) expect(await opened.scorer!.score(questions.slice(0, 4))).toEqual(before)
    expect(metric).toEqual(expected[metric.step - 1])
  }
})

test('the base model of nothing is random and deterministic; a closed model answers no more', async () => {
  const items = [{ prompt: 'copy 1', completion: '1' }]
  const [a, b] = await Promise.all([trainer.open!(undefined), trainer.open!(undefined)])
  expect(await a!.scorer!.score(items)).toEqual(await b!.scorer!.score(items))
  await a!.close()
  await expect(a!.scorer!.score(items)).rejects.toThrow('This model was closed.')
})

test('a changed model file is noticed', async () => {
  await expect(trainer.open!({ ...model, digest: 'abc' })).rejects.toThrow(/not the model that was recorded/)
  await expect(trainer.open!({ ...model, uri: join(folder, 'missing') })).rejects.toThrow(/There is no model/)
})
