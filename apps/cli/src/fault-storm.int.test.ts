import { expect, it } from 'vitest'
import { weatherFaultStorm } from './fixtures/fault-storm.ts'

it('a run with a fifth of its requests faulty, killed twice: every answer once, the money as in the provider’s book', { timeout: 900_000 }, async () => {
  expect(await weatherFaultStorm({ calls: 150, kills: 2, faultRate: 0.2, maxCostUsd: 5, life: 1000 })).toMatch(/^\d+ lives/)
})
