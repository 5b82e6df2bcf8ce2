import { it } from 'vitest'
import { weatherKillStorm } from './fixtures/kill-storm.ts'

it('a run of 5,000 calls with 16 in flight, killed 200 times', { timeout: 2_400_000 }, async () => {
  const figures = await weatherKillStorm({
    kills: 200,
    life: 1200,
    latencyMs: [200, 600],
    config: {
      target: { calls: 5000 },
      budget: { maxCostUsd: 40 },
      prompt: { tasksPerCall: 4 },
      rounds: 5,
      limits: { concurrency: 16 },
      batches: { size: 16 },
      trainer: { id: 'embedded', layers: 1, width: 16, heads: 2, checkpointEverySteps: 5 },
      training: { stepsPerRound: 20, learningRate: 0.003, maxLength: 64 },
      evaluation: { evaluators: ['exact-match'], heldOut: 'test.jsonl' },
    },
  })
  process.stdout.write(`${figures}\n`)
})
