// Makes assets/base-model.safetensors, the student both arms of the quickstart start from: pre-trained on correct answers of every kind of
// the simulated world, and stopped early, so that there is something left to learn. Takes about two minutes; the same file on the same type of CPU.
//
//   node --conditions=@sedi/source packages/kit/scripts/make-base-model.ts
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRng } from '@sedi/core'
import { createWorld } from '@sedi/simulation'
import type { TrainingExample } from '@sedi/spec'
import { exportModel, trainers } from '@sedi/trainers'
import { baseModelFile, quickstartSettings } from '../src/studies/quickstart.ts'

const steps = 1200
const batchSize = 32

const world = createWorld({ worldSeed: quickstartSettings.worldSeed })
const tasks = world.examples({ kinds: world.kinds.map(({ id }) => id), count: steps * batchSize, randomSeed: 6 })
const examples: TrainingExample[] = tasks.map(({ instruction, input, output }, index) => ({
  id: `pretraining-${index}`,
  prompt: input === '' ? instruction : `${instruction}\n\n${input}`,
  completion: output,
}))
const order = createRng(1, 'base-model').shuffle(examples.map(({ id }) => id))
const batches = Array.from({ length: steps }, (_, step) => order.slice(step * batchSize, (step + 1) * batchSize))

const folder = mkdtempSync(join(tmpdir(), 'sedi-base-model-'))
const trainer = await trainers.embedded.createTrainer(trainers.embedded.options.parse({}), { folder })
const job = await trainer.submit({
  jobName: 'base-model',
  examples,
  batches,
  batchSize,
  firstStep: 1,
  optimiser: { learningRate: 3e-3, warmupSteps: 50, maxGradNorm: 1, weightDecay: 0 },
  maxLengthTokens: 96,
  randomSeed: 1,
})
for await (const { step, loss } of trainer.metrics!(job)) if (step % 100 === 0) console.log(`step ${step} of ${steps}: loss ${loss.toFixed(3)}`)
const { state, model, error } = await trainer.get(job)
if (state !== 'succeeded' || model === undefined) throw new Error(`Pre-training ${state}: ${JSON.stringify(error)}`)
await trainer.close?.()
exportModel(join(folder, model.uri), baseModelFile)
rmSync(folder, { recursive: true })
console.log(`${baseModelFile}: ${statSync(baseModelFile).size} bytes`)
