import { it } from 'vitest'
import { weatherKillStorm } from './fixtures/kill-storm.ts'

it('a run killed 20 times ends as the undisturbed one; nothing recorded is lost or asked for again, what was in flight is uncertain', {
  timeout: 900_000,
}, async () => {
  await weatherKillStorm({
    kills: 20,
    life: 1500,
    latencyMs: [300, 900],
    config: {
      target: { calls: 160 },
      budget: { maxCostUsd: 20 },
      rounds: 4,
      limits: { concurrency: 8 },
      batches: { size: 16 },
      trainer: { id: 'embedded', layers: 1, width: 16, heads: 2, checkpointEverySteps: 5 },
      training: { stepsPerRound: 12, learningRate: 0.003, maxLength: 64 },
      feedback: { everySteps: 6 },
      evaluation: { evaluators: ['exact-match'], heldOut: 'test.jsonl' },
    },
  })
})
