import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SediError, type Trainer } from '@sedi/spec'
import { beforeEach, expect, it, vi } from 'vitest'
import { createAdapters } from '../adapters.ts'
import { smallConfig } from '../fixtures/small-run.ts'
import { createRun, openRun } from './open-run.ts'
import { openStore } from './open-store.ts'

vi.mock('../adapters.ts', async (original) => {
  const real = await original<typeof import('../adapters.ts')>()
  return { ...real, createAdapters: vi.fn(real.createAdapters) }
})

/** What was closed of the adapters that a run made for itself. */
let closed: string[] = []
let generatorFails = false

beforeEach(async () => {
  const { createAdapters: real } = await vi.importActual<typeof import('../adapters.ts')>('../adapters.ts')
  closed = []
  generatorFails = false
  vi.mocked(createAdapters).mockImplementation(async (...given) => {
    const made = await real(...given)
    const trainer: Trainer = { ...made.trainer!, close: async () => void closed.push('trainer') }
    const close = async (): Promise<void> => {
      closed.push('generator')
      if (generatorFails) throw new SediError('storage', 'its notes cannot be written')
    }
    return { ...made, trainer, generator: { ...made.generator, close } }
  })
})

const config = () => smallConfig({ trainer: { id: 'embedded', layers: 1, width: 16, heads: 2 }, seedPolicy: { rule: 'fixed' } })

it('a run whose provider cannot be closed is let go of all the same', async () => {
  const run = await createRun(config())
  closed = []
  generatorFails = true
  await expect(run.close()).rejects.toThrow('its notes cannot be written')
  expect(closed).toEqual(['generator', 'trainer'])
  generatorFails = false
  const again = await openRun(run.folder, openStore({ store: join(run.folder, '..') }))
  await again.close()
})

it('a run that cannot have a folder for its models leaves nothing open', async () => {
  const run = await createRun(config())
  await run.close()
  const models = join(run.folder, 'models')
  rmSync(models, { recursive: true })
  writeFileSync(models, '')
  closed = []
  const store = openStore({ store: join(run.folder, '..') })
  await expect(openRun(run.folder, store)).rejects.toThrow(/models/)
  expect(closed).toEqual(['generator', 'trainer'])
  expect(await store.isHeld(run.folder)).toBe(false)
})
