import { existsSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { providers } from '@sedi/generators'
import { SediError } from '@sedi/spec'
import { trainers } from '@sedi/trainers'
import { expect, it, vi } from 'vitest'
import { smallConfig } from '../fixtures/small-run.ts'
import { createRun, openRun } from './open-run.ts'
import { openStore } from './open-store.ts'
import { planRun } from './plan-run.ts'

const stop = new AbortController().signal

const studyBase = fileURLToPath(new URL('../../assets/study-base-weak.safetensors', import.meta.url))

it('refuses before anything exists: too few seeds for a prompt, no key, a base model that is too short or none', async () => {
  const few = smallConfig()
  writeFileSync(few.seeds, JSON.stringify([{ instruction: 'Name a river.', output: 'Ebro' }]))
  await expect(createRun(few)).rejects.toMatchObject({ code: 'invalid-input', message: expect.stringMatching(/shows 3 seeds, but .* has 1/) })

  const { OPENAI_API_KEY: before, ...rest } = process.env
  process.env = rest
  const keyless = smallConfig({ generator: { id: 'openai', model: 'm' } })
  await expect(createRun(keyless)).rejects.toMatchObject({ code: 'missing-credential' })
  if (before !== undefined) process.env.OPENAI_API_KEY = before

  const short = smallConfig({ trainer: { id: 'embedded', baseModel: studyBase }, training: { maxLength: 512 } })
  await expect(createRun(short)).rejects.toMatchObject({
    code: 'unsupported',
    message: expect.stringMatching(/training\.maxLength: is 512, but the base model .* was made for \d+ tokens/),
  })
  writeFileSync(`${few.seeds}.safetensors`, 'no model')
  const none = smallConfig({ trainer: { id: 'embedded', baseModel: `${few.seeds}.safetensors` } })
  await expect(createRun(none)).rejects.toThrow(/trainer\.baseModel: /)
  for (const config of [few, short, none]) {
    const refusal: unknown = await createRun(config).catch((error: unknown) => error)
    await expect(planRun(config)).rejects.toEqual(refusal)
  }
  for (const { store } of [few, keyless, short, none]) expect(existsSync(store)).toBe(false)
})

it('gives two runs of one second two names, and the same results', async () => {
  const config = smallConfig()
  const clock = (): number => Date.UTC(2026, 0, 2, 3, 4, 5)
  const runs = [await createRun(config, undefined, { clock }), await createRun(config, undefined, { clock })]
  expect(runs.map(({ runId }) => runId)).toEqual(['2026-01-02-030405-sedi', '2026-01-02-030405-sedi-2'])
  const digests = await Promise.all(
    runs.map(async (run) => {
      await run.execute({ stop })
      const digest = await run.ledger.digest()
      await run.close()
      return digest
    }),
  )
  expect(digests[0]).toBe(digests[1])
})

it('lets a resumed run change speed and money, remembers it, and refuses what changes results', async () => {
  const config = smallConfig({ budget: { maxCostUsd: 0.01 } })
  const store = openStore(config)
  const begun = await createRun(config, 'run')
  const paused = await begun.execute({ stop })
  expect([paused.state, paused.error?.code]).toEqual(['paused', 'budget-exhausted'])
  await begun.close()

  await expect(openRun('run', store, { filter: { threshold: 0.5 }, limits: { concurrency: 2 }, seeds: 'other.json' })).rejects.toMatchObject({
    code: 'invalid-config',
    message: expect.stringMatching(/fixed since it began: seeds, filter\.threshold\./),
  })
  await (await openRun('run', store, { budget: { maxCostUsd: 5 } })).close()
  const resumed = await openRun('run', store)
  expect(resumed.config).toEqual({ ...config, budget: { maxCostUsd: 5 } })
  expect(await resumed.execute({ stop })).toEqual({ state: 'done', error: undefined })
  await resumed.close()
})

it('gives the same results when the clock is set forwards and backwards all the time, also between two resumes', async () => {
  const calm = await createRun(smallConfig(), 'calm')
  await calm.execute({ stop })
  const expected = await calm.ledger.digest()
  await calm.close()

  const config = smallConfig({ limits: { concurrency: 4, requestsPerMinute: 100_000 }, budget: { maxCostUsd: 0.01 } })
  let ticks = 0
  const clock = (): number => Date.UTC(2026, 0, 1) + (ticks++ % 2 === 0 ? 1 : -1) * ticks * 3_600_000
  const begun = await createRun(config, 'jumping', { clock })
  expect((await begun.execute({ stop })).state).toBe('paused')
  await begun.close()
  const resumed = await openRun('jumping', openStore(config, clock), { budget: { maxCostUsd: 5 } }, { clock })
  expect(await resumed.execute({ stop })).toEqual({ state: 'done', error: undefined })
  expect(await resumed.ledger.digest()).toBe(expected)
  await resumed.close()
})

it('refuses a change that does not fit the run, as creating it so would, and records nothing of it', async () => {
  const unpriced = smallConfig({ generator: 'simulated', budget: { maxTokens: 1 } })
  const store = openStore(unpriced)
  await (await createRun(unpriced, 'run')).close()
  await expect(openRun('run', store, { budget: { maxCostUsd: 5 } })).rejects.toMatchObject({
    code: 'invalid-config',
    message: expect.stringMatching(/budget\.maxCostUsd: .*cannot be held at an unknown price.*\n.*--max-tokens/s),
  })
  await expect(openRun('run', store, { limits: { concurrency: 2.5 } })).rejects.toMatchObject({
    code: 'invalid-config',
    message: expect.stringMatching(/limits\.concurrency: .*2\.5/),
  })
  await expect(openRun('run', store, { queue: 'pg-boss' })).rejects.toMatchObject({ code: 'unsupported' })
  const plain = await openRun('run', store)
  expect(await plain.ledger.find('config-change')).toEqual([])
  expect(plain.config).toEqual(unpriced)
  await plain.close()
})

it('closes every adapter it makes, also those it only looked at, and those of a run it could not hold', async () => {
  const open = { generators: 0, trainers: 0 }
  const counted = async <T extends object>(made: Promise<T> | T, kind: keyof typeof open): Promise<T> => {
    open[kind]++
    return Object.assign(await made, { close: async () => void open[kind]-- })
  }
  const { createTextGenerator } = providers.simulated
  const { createTrainer } = trainers.embedded
  const teacher = vi.spyOn(providers.simulated, 'createTextGenerator').mockImplementation((...given) => counted(createTextGenerator(...given), 'generators'))
  const trainer = vi.spyOn(trainers.embedded, 'createTrainer').mockImplementation((...given) => counted(createTrainer(...given), 'trainers'))
  try {
    const config = smallConfig({ trainer: 'embedded' })
    await planRun(config)
    expect(open).toEqual({ generators: 0, trainers: 0 })
    const run = await createRun(config, 'run')
    expect(open).toEqual({ generators: 1, trainers: 1 })
    await run.close()
    await expect(openRun('run', openStore(config), { queue: 'pg-boss' })).rejects.toMatchObject({ code: 'unsupported' })
    const long = smallConfig({ trainer: { id: 'embedded', baseModel: studyBase }, training: { maxLength: 512 } })
    await expect(createRun(long)).rejects.toMatchObject({ code: 'unsupported' })
    await expect(planRun(long)).rejects.toMatchObject({ code: 'unsupported' })
    trainer.mockImplementationOnce(() => Promise.reject(new SediError('missing-dependency', 'no trainer here')))
    await expect(createRun(config)).rejects.toMatchObject({ code: 'missing-dependency' })
    expect(open).toEqual({ generators: 0, trainers: 0 })
    expect([teacher.mock.calls.length > 0, trainer.mock.calls.length > 0]).toEqual([true, true])
  } finally {
    teacher.mockRestore()
    trainer.mockRestore()
  }
})
