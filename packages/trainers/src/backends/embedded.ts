import { resolve } from 'node:path'
import { SediError, toSediError } from '@sedi/spec'
import * as z from 'zod'
import { defineTrainer } from '../define-trainer.ts'
import { createEmbeddedTrainer, embeddedCapabilities } from '../embedded/embedded-trainer.ts'
import { jaxPackage, jaxVersion } from '../embedded/jax.ts'
import { findSizeIssues } from '../embedded/limits.ts'
import { readModelOrThrow } from '../embedded/model.ts'

const count = (most: number, description: string, unit: string, affects?: 'speed') =>
  z
    .int()
    .min(1)
    .max(most)
    .meta({ description, unit, ...(affects === undefined ? {} : { affects }) })

/**
 * Trains a small decoder language model inside Node, on exactly the batches it is given. For seeing the loop work, for tests and tutorials;
 * what it is not for, and what it costs, is in the package's README.
 */
export default defineTrainer({
  id: 'embedded',
  title: 'A small language model trained inside Node, in a worker thread; no Python, no GPU, no network.',
  options: z.strictObject({
    baseModel: z.string().optional().meta({
      description: 'Path of a .safetensors model of this trainer to start from. Without it: random weights, and a vocabulary of the first job’s words.',
      path: true,
    }),
    layers: count(12, 'Blocks of the decoder. Not used with baseModel.', 'layers').default(2),
    width: count(512, 'Hidden width, a multiple of `heads`. A step’s time grows with its square. Not used with baseModel.', 'dimensions').default(64),
    heads: count(16, 'Attention heads. Not used with baseModel.', 'heads').default(4),
    checkpointEverySteps: count(1_000_000, 'Steps between two saved checkpoints: the most work that a crash can undo.', 'steps', 'speed').default(50),
    earlyStop: z
      .strictObject({
        patienceSteps: count(1_000_000, 'Steps of each of the two means that are compared; a round of fewer than twice as many is never stopped.', 'steps'),
        minimumImprovement: z
          .number()
          .min(0)
          .default(0)
          .meta({ description: 'How much lower the later mean must be for training to go on.', unit: 'nats per token' }),
      })
      .optional()
      .meta({
        description:
          'Ends a round whose training loss no longer falls: when the mean over its last `patienceSteps` steps is not `minimumImprovement` below the mean over as many steps before. Its other batches are not trained on. Without it: off.',
      }),
  }),
  dependencies: { [jaxPackage]: jaxVersion },
  capabilities: embeddedCapabilities,
  async createTrainer({ baseModel, layers, width, heads, checkpointEverySteps, earlyStop }, { folder }) {
    if (width % heads !== 0) throw new SediError('invalid-config', `trainer.width must be a multiple of trainer.heads; got ${width} and ${heads}.`)
    const tooLarge = baseModel === undefined ? findSizeIssues({ layers, width, heads }, undefined) : []
    for (const { path, message } of tooLarge) throw new SediError('invalid-config', `${path}: ${message}.`)
    if (baseModel !== undefined) assertBaseModel(resolve(baseModel))
    const options = { layers, width, heads, baseModel: baseModel === undefined ? undefined : resolve(baseModel), earlyStop }
    return createEmbeddedTrainer({ folder: resolve(folder), options, checkpointEverySteps })
  },
})

/** Found here rather than in the first job, which comes after the first examples were bought. */
function assertBaseModel(path: string): void {
  try {
    readModelOrThrow({ uri: path })
  } catch (error) {
    throw new SediError('invalid-config', `trainer.baseModel: ${toSediError(error).message}`, { cause: error })
  }
}
