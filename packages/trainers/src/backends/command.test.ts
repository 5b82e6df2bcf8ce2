import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import * as z from 'zod'
import command from './command.ts'

const parse = (options: object) => command.options.safeParse({ command: ['train', '{folder}'], ...options })

test('its id is its file’s name, and every option says what it means', () => {
  expect(import.meta.url).toContain(`/${command.id}.test.`)
  const { properties = {} } = z.toJSONSchema(command.options, { io: 'input' })
  for (const [name, option] of Object.entries(properties)) expect(option, name).toMatchObject({ description: expect.stringMatching(/\.$/) })
})

test('assumes nothing of a program, and takes its word for the rest', () => {
  expect(Object.values(command.capabilities)).not.toContain(true)
  const told = (options: object) => command.capabilitiesOf!(parse(options).data!)
  expect(told({ capabilities: { perStepLoss: true, fixedBatches: true } })).toMatchObject({
    perStepLoss: true,
    fixedBatches: true,
    cancel: false,
    serves: false,
  })
  expect(told({ cancelCommand: ['scancel', '--name', '{jobName}'] }).cancel).toBe(true)
})

test('refuses promises that cannot be kept, and an empty command', () => {
  for (const capabilities of [{ fixedBatches: true }, { perStepLoss: true, perExampleLoss: true }, { serves: true }]) {
    expect(parse({ capabilities }).success, JSON.stringify(capabilities)).toBe(false)
  }
  expect(parse({ command: [] }).success).toBe(false)
})

test('refuses keys of job.json that are not the user’s', async () => {
  const create = command.createTrainer(parse({ job: { batches: [], baseModel: 'x' } }).data!, { folder: tmpdir() })
  await expect(create).rejects.toMatchObject({ code: 'invalid-config', message: expect.stringMatching(/batches of job.json/) })
})
