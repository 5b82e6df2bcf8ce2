import { it } from 'vitest'
import { weatherWorkerStorm } from './fixtures/worker-storm.ts'

const size = (name: string, otherwise: number): number => Number(process.env[`SEDI_STORM_${name}`] ?? otherwise)

// The large one: SEDI_STORM_CALLS=20000 SEDI_STORM_WORKERS=8 SEDI_STORM_KILLS=200 SEDI_STORM_RESTARTS=5 SEDI_STORM_CUTS=20 SEDI_STORM_SLOW=10
const calls = size('CALLS', 600)

it(`a run of ${calls} calls made by workers: everybody is killed, the database restarted, lines cut and slow`, {
  timeout: 600_000 + calls * 1000,
}, async () => {
  const figures = await weatherWorkerStorm({
    calls,
    workers: size('WORKERS', 3),
    kills: size('KILLS', 10),
    restarts: size('RESTARTS', 1),
    cuts: size('CUTS', 3),
    slow: size('SLOW', 2),
    latencyMs: [100, 400],
    onProgress: (line) => process.env.SEDI_STORM_CALLS && process.stderr.write(`${line}\n`),
  })
  process.stdout.write(`${figures}\n`)
})
