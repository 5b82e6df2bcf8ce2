import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Ledger, OpenRun, RunStore } from '@sedi/spec'
import { afterAll, beforeEach, expect, it, vi } from 'vitest'
import { createGenerator } from '../adapters.ts'
import { openAccountedCalls } from './accounted-calls.ts'
import { type EvaluateOptions, evaluate } from './evaluate.ts'
import { openEvaluations, withoutEvaluations } from './open-evaluations.ts'

vi.mock('../adapters.ts', async (original) => {
  const real = await original<typeof import('../adapters.ts')>()
  return { ...real, createGenerator: vi.fn(real.createGenerator) }
})
vi.mock('./accounted-calls.ts', async (original) => {
  const real = await original<typeof import('./accounted-calls.ts')>()
  return { ...real, openAccountedCalls: vi.fn(real.openAccountedCalls) }
})
vi.mock('./open-evaluations.ts', async (original) => {
  const real = await original<typeof import('./open-evaluations.ts')>()
  return { ...real, openEvaluations: vi.fn(real.openEvaluations) }
})

const folder = mkdtempSync(join(tmpdir(), 'sedi-closed-'))
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }))
writeFileSync(join(folder, 'items.jsonl'), '{"id":"q1","instruction":"Say sun.","reference":"sun"}\n')

const options: EvaluateOptions = {
  source: { file: join(folder, 'items.jsonl') },
  name: 'items.jsonl',
  evaluators: ['exact-match'],
  generator: {
    generator: { id: 'simulated', model: 'simulated', temperature: 0, maxOutputTokens: 8, timeoutMs: 1000, price: { inputPerMTokUsd: 1, outputPerMTokUsd: 1 } },
    limits: { concurrency: 1, adaptive: false, maxAttempts: 1 },
  },
  out: join(folder, 'evaluations'),
  stop: new AbortController().signal,
}

const broken = async (): Promise<never> => {
  throw new Error('the disk is gone')
}

let closed: number
beforeEach(() => {
  closed = 0
})
const close = async (): Promise<void> => void closed++

it('a model that is asked, when its calls cannot be accounted for', async () => {
  const { createGenerator: real } = await vi.importActual<typeof import('../adapters.ts')>('../adapters.ts')
  vi.mocked(createGenerator).mockImplementationOnce(async (...given) => ({ ...(await real(...given)), close }))
  vi.mocked(openAccountedCalls).mockImplementationOnce(broken)
  expect(await evaluate(options)).toMatchObject({ state: 'paused', error: { message: expect.stringContaining('the disk is gone') } })
  expect(closed).toBe(1)
})

it('an evaluation that goes on, when its ledger cannot be read', async () => {
  const { openEvaluations: real } = await vi.importActual<typeof import('./open-evaluations.ts')>('./open-evaluations.ts')
  vi.mocked(openEvaluations).mockImplementationOnce((...given): RunStore => {
    const store = real(...given)
    const open = async (name: string): Promise<OpenRun> => {
      const held = await store.open(name)
      return { ...held, ledger: { ...held.ledger, find: broken }, close: () => held.close().then(close) }
    }
    return { ...store, open }
  })
  await expect(evaluate(options)).rejects.toThrow('the disk is gone')
  expect(closed).toBe(1)
})

it('a ledger that does not say whether it is an evaluation', async () => {
  const store = openEvaluations(join(folder, 'evaluations'))
  const read = async (name: string): Promise<Ledger> => {
    const ledger = await store.read(name)
    return { ...ledger, find: broken, close: () => ledger.close().then(close) }
  }
  const [name] = (await store.list()).map(({ runId }) => runId)
  await expect(withoutEvaluations({ ...store, read }).read(name!)).rejects.toThrow('the disk is gone')
  await expect(withoutEvaluations(store).read(name!)).rejects.toThrow('is an evaluation and no run')
  expect(closed).toBe(1)
})
