import { createRun, parseConfig } from '@sedi/kit'

// Carries a run of a simulated teacher to its end and says how long it took: `carry-on-run.ts STORE NAME CALLS`.
const [store = '', name = '', calls = ''] = process.argv.slice(2)
const config = parseConfig(
  {
    seeds: 'sedi:general',
    generator: { id: 'simulated', latencyMs: 100, price: { inputPerMTokUsd: 0.25, outputPerMTokUsd: 2 } },
    trainer: 'none',
    target: { calls: Number(calls) },
    rounds: 1,
    limits: { concurrency: 16 },
    store,
  },
  '/made-up/sedi.config.yaml',
)
const run = await createRun(config, name)
const begun = performance.now()
const before = process.cpuUsage()
await run.execute({ stop: new AbortController().signal })
const { user, system } = process.cpuUsage(before)
process.send!({ seconds: (performance.now() - begun) / 1000, cpuSeconds: (user + system) / 1e6 })
await run.close()
process.disconnect()
