import { existsSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { smallConfig } from '../fixtures/small-run.ts'
import { createRun, openRun, openStore } from './open-run.ts'

const stop = new AbortController().signal

it('refuses before anything exists: too few seeds for a prompt, no key', async () => {
  const few = smallConfig()
  writeFileSync(few.seeds, JSON.stringify([{ instruction: 'Name a river.', output: 'Ebro' }]))
  await expect(createRun(few)).rejects.toMatchObject({ code: 'invalid-input', message: expect.stringMatching(/shows 3 seeds, but .* has 1/) })

  const { OPENAI_API_KEY: before, ...rest } = process.env
  process.env = rest
  const keyless = smallConfig({ generator: { id: 'openai', model: 'm' } })
  await expect(createRun(keyless)).rejects.toMatchObject({ code: 'missing-credential' })
  if (before !== undefined) process.env.OPENAI_API_KEY = before
  for (const { store } of [few, keyless]) expect(existsSync(store)).toBe(false)
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
