import { it } from 'vitest'
import { weatherFaultStorm } from './fixtures/fault-storm.ts'

it('5,000 calls, a fifth of the requests faulty in every way we know, 20 kills', { timeout: 1_800_000 }, async () => {
  process.stdout.write(`${await weatherFaultStorm({ calls: 5000, kills: 20, faultRate: 0.2, maxCostUsd: 100, life: 4000 })}\n`)
})
