import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import * as z from 'zod'
import openai from './openai.ts'

const parse = (options: object) => openai.options.parse({ baseModel: 'm', ...options })
const folder = tmpdir()

test('its id is its file’s name, and every option says what it means', () => {
  expect(import.meta.url).toContain(`/${openai.id}.test.`)
  const { properties = {} } = z.toJSONSchema(openai.options, { io: 'input' })
  for (const [name, option] of Object.entries(properties)) expect(option, name).toMatchObject({ description: expect.stringMatching(/\.$/) })
})

test('needs a model and knows no other keys', () => {
  expect(openai.options.safeParse({}).success).toBe(false)
  for (const wrong of [{ model: 'm' }, { apiKey: 'x' }, { baseUrl: 'ftp://x' }, { learningRateMultiplier: 0 }, { price: { perMTokUsd: -1 } }]) {
    expect(openai.options.safeParse({ baseModel: 'm', ...wrong }).success, JSON.stringify(wrong)).toBe(false)
  }
})

test('OpenAI needs a key, another address does not', async () => {
  const create = (options: object, apiKey = '') => openai.createTrainer(parse(options), { folder, credentials: { apiKey } })
  await expect(create({})).rejects.toMatchObject({ code: 'missing-credential', message: expect.stringMatching(/OPENAI_API_KEY.*trainer\.baseUrl/) })
  await expect(create({}, 'sk-a key')).rejects.toMatchObject({ code: 'invalid-credential' })
  expect((await create({ baseUrl: 'http://127.0.0.1:1/v1' })).id).toBe('openai')
})

test('where the service does not serve its models, none is opened', async () => {
  const trainer = await openai.createTrainer(parse({ baseUrl: 'http://127.0.0.1:1/v1', serves: false }), { folder })
  expect([trainer.capabilities, trainer.open]).toEqual([openai.capabilitiesOf!(parse({ serves: false })), undefined])
  expect(trainer.capabilities.serves).toBe(false)
})

test('says beforehand that OpenAI is closing, what is not sent, and what is billed', () => {
  const notes = (options: object): string => openai.notes!(parse(options)).join('\n')
  expect(notes({})).toMatch(/no new fine-tuning jobs from 6 January 2027.*\nThis configuration trains at OpenAI/)
  expect(notes({ baseUrl: 'http://127.0.0.1:1/v1' })).not.toMatch(/This configuration/)
  expect(notes({ learningRateMultiplier: 2 })).toMatch(/training\.learningRate.* not sent; trainer\.learningRateMultiplier is 2/)
  expect(notes({})).toMatch(/outside budget\.maxCostUsd; its price is not known/)
  expect(notes({ price: { perMTokUsd: 1 }, serves: false })).toMatch(/outside budget\.maxCostUsd\.$/)
})
