// Makes the students that runs start from, assets/<name>.safetensors: pre-trained on correct answers, and stopped early, so that there is something
// left to learn. Takes one to eight minutes each; the same file on the same type of CPU.
//
//   node --conditions=@sedi/source packages/kit/scripts/make-base-model.ts base-model|study-base-digits|study-base-weak|study-base-everyday
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createRng } from '@sedi/core'
import { createWorld, type UniverseId, type World } from '@sedi/simulation'
import type { TrainingExample } from '@sedi/spec'
import { exportModel, trainers } from '@sedi/trainers'

type BaseModel = {
  readonly universe: UniverseId
  readonly steps: number
  readonly shape?: { readonly layers: number; readonly width: number; readonly heads: number }
  /** Kinds that it is shown; all of them unless given. */
  readonly kinds?: (world: World) => readonly string[]
}

/** All single steps and a quarter of the pairs. */
function singlesAndSomePairs({ kinds }: World): readonly string[] {
  const of = (family: string): string[] => kinds.filter((kind) => kind.family === family).map(({ id }) => id)
  return [...of('single'), ...createRng(1, 'pairs').shuffle(of('pair')).slice(0, 12)]
}

const baseModels: Readonly<Record<string, BaseModel>> = {
  'base-model': { universe: 'everyday', steps: 1200 },
  'study-base-digits': { universe: 'digits', steps: 1200, shape: { layers: 2, width: 48, heads: 4 }, kinds: singlesAndSomePairs },
  'study-base-weak': { universe: 'digits', steps: 300, shape: { layers: 2, width: 48, heads: 4 }, kinds: singlesAndSomePairs },
  'study-base-everyday': { universe: 'everyday', steps: 4000 },
}

const batchSize = 32
const name = process.argv[2] ?? 'base-model'
const wanted = baseModels[name]
if (wanted === undefined) throw new Error(`Expected one of ${Object.keys(baseModels).join(', ')}; got ${name}.`)
const { universe, steps, shape = {}, kinds = (world) => world.kinds.map(({ id }) => id) } = wanted

const world = createWorld({ universe })
const tasks = world.examples({ kinds: kinds(world), count: steps * batchSize, randomSeed: 6 })
const examples: TrainingExample[] = tasks.map(({ instruction, input, output }, index) => ({
  id: `pretraining-${index}`,
  prompt: input === '' ? instruction : `${instruction}\n\n${input}`,
  completion: output,
}))
const order = createRng(1, 'base-model').shuffle(examples.map(({ id }) => id))
const batches = Array.from({ length: steps }, (_, step) => order.slice(step * batchSize, (step + 1) * batchSize))

const folder = mkdtempSync(join(tmpdir(), 'sedi-base-model-'))
const trainer = await trainers.embedded.createTrainer(trainers.embedded.options.parse(shape), { folder })
const job = await trainer.submit({
  jobName: name,
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
const file = fileURLToPath(new URL(`../assets/${name}.safetensors`, import.meta.url))
exportModel(join(folder, model.uri), file)
rmSync(folder, { recursive: true })
console.log(`${file}: ${statSync(file).size} bytes`)
