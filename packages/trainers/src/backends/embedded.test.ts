import { mkdtempSync, rmSync } from 'node:fs'
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
  expect(Object.keys(properties)).toEqual(['baseModel', 'layers', 'width', 'heads', 'checkpointEverySteps'])
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
