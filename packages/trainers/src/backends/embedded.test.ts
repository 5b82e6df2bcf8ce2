import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SediError } from '@sedi/spec'
import { afterAll, expect, test } from 'vitest'
import * as z from 'zod'
import { createModel, writeModel } from '../embedded/model.ts'
import embedded from './embedded.ts'

const folder = mkdtempSync(join(tmpdir(), 'sedi-embedded-backend-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('its id is its file’s name, and every option says what it means', () => {
  expect(import.meta.url).toContain(`/${embedded.id}.test.`)
  const { properties = {} } = z.toJSONSchema(embedded.options, { io: 'input' })
  expect(Object.keys(properties)).toEqual(['baseModel', 'layers', 'width', 'heads', 'checkpointEverySteps', 'earlyStop'])
  for (const [name, option] of Object.entries(properties)) expect(option, name).toMatchObject({ description: expect.stringMatching(/\.$/) })
})

test('has the documented defaults and refuses unknown keys', () => {
  expect(embedded.options.parse({})).toEqual({ layers: 2, width: 64, heads: 4, checkpointEverySteps: 50 })
  expect(embedded.options.safeParse({ depth: 2 }).success).toBe(false)
  expect(embedded.options.safeParse({ width: 0 }).success).toBe(false)
})

test('refuses a width the heads do not divide and a base model that is not there', async () => {
  const create = (options: object) => embedded.createTrainer(embedded.options.parse(options), { folder }).catch((error: unknown) => error)
  for (const options of [{ width: 64, heads: 3 }, { baseModel: join(folder, 'missing.safetensors') }]) {
    expect(SediError.is(await create(options), 'invalid-config')).toBe(true)
  }
})

test('a base model that is another’s or broken is found before anything is bought', async () => {
  const entry = (dtype: string): Record<string, unknown> => ({ dtype, shape: [2], data_offsets: [0, dtype === 'F32' ? 8 : 4] })
  const file = (name: string, header: object, bytes = 8): string => {
    const json = JSON.stringify(header)
    const length = Buffer.alloc(8)
    length.writeBigUInt64LE(BigInt(json.length))
    writeFileSync(join(folder, name), Buffer.concat([length, Buffer.from(json), Buffer.alloc(bytes)]))
    return join(folder, name)
  }
  const ours = (config: object): Record<string, unknown> => ({ __metadata__: { format: 'sedi-embedded-1', config: JSON.stringify(config), vocabulary: '[]' } })
  const whole = join(folder, 'whole.safetensors')
  writeModel(whole, createModel({ layers: 1, width: 16, heads: 2 }, [], 32, 3), {})
  const truncated = join(folder, 'truncated.safetensors')
  writeFileSync(truncated, readFileSync(whole).subarray(0, -100))
  const huge = join(folder, 'huge.safetensors')
  writeFileSync(huge, '')
  truncateSync(huge, 300 * 2 ** 20)
  const shape = { vocabularySize: 272, contextTokens: 32, width: 16, layers: 1, heads: 2 }
  const cases: [string, RegExp][] = [
    [file('llama.safetensors', { __metadata__: { format: 'pt' }, 'model.norm.weight': entry('F32') }), /expected format sedi-embedded-1, got pt/],
    [file('half.safetensors', { 'model.norm.weight': entry('BF16') }, 4), /expected format sedi-embedded-1, got none/],
    [file('lacking.safetensors', { ...ours(shape), norm: entry('F32') }), /expected 4352 values of embedding, got none/],
    [file('odd.safetensors', ours({ ...shape, heads: 3 })), /width is no multiple of heads/],
    [file('empty.safetensors', { __metadata__: { format: 'sedi-embedded-1' } }), /its config or vocabulary cannot be read/],
    [file('deep.safetensors', ours({ ...shape, layers: 6000 })), /weights; the embedded trainer takes at most 10,000,000/],
    [file('long.safetensors', ours({ ...shape, contextTokens: 8192 })), /8,192 tokens of context; the embedded trainer takes at most 4,096/],
    [file('wordy.safetensors', ours({ ...shape, vocabularySize: 100_000 })), /100,000 token ids; the embedded trainer takes at most 65,536/],
    [truncated, /truncated.safetensors is not a readable safetensors file/],
    [huge, /huge.safetensors has 300 MiB.*at most 256 MiB/],
    [folder, /cannot use .*EISDIR/],
  ]
  for (const [baseModel, message] of cases) {
    const made = embedded.createTrainer(embedded.options.parse({ baseModel }), { folder })
    await expect(made, baseModel).rejects.toMatchObject({ code: 'invalid-config', message: expect.stringMatching(message) })
    await expect(made).rejects.toThrow(/^trainer\.baseModel: /)
  }
  const wide = embedded.createTrainer(embedded.options.parse({ layers: 12, width: 512 }), { folder })
  await expect(wide).rejects.toMatchObject({ code: 'invalid-config', message: expect.stringMatching(/^trainer\.width: .* at most 10,000,000/) })
})

test('opens the base model it was given', async () => {
  const baseModel = join(folder, 'base.safetensors')
  writeModel(baseModel, createModel({ layers: 1, width: 16, heads: 2 }, [' copy'], 32, 3), {})
  const trainer = await embedded.createTrainer(embedded.options.parse({ baseModel }), { folder })
  const opened = await trainer.open!(undefined)
  // Asked at once, before the worker has loaded anything. The base model's vocabulary has the word: one token and the end.
  const scores = await Promise.all([1, 2, 3].map(() => opened.scorer!.score([{ prompt: 'x', completion: 'copy' }])))
  expect(scores.flat().map(({ tokenLogprobs }) => tokenLogprobs.length)).toEqual([2, 2, 2])
  expect(opened.generator.modelId).toBe(baseModel)
  await trainer.close!()
})
