import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { SediError } from '@sedi/spec'
import * as z from 'zod'
import { defineTrainer } from '../define-trainer.ts'
import { createEmbeddedTrainer, embeddedCapabilities } from '../embedded/embedded-trainer.ts'
import { jaxPackage, jaxVersion } from '../embedded/jax.ts'

const count = (most: number, description: string, unit: string) => z.int().min(1).max(most).meta({ description, unit })

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
    checkpointEverySteps: count(1_000_000, 'Steps between two saved checkpoints: the most work that a crash can undo.', 'steps').default(50),
  }),
  dependencies: { [jaxPackage]: jaxVersion },
  capabilities: embeddedCapabilities,
  async createTrainer({ baseModel, layers, width, heads, checkpointEverySteps }, { folder }) {
    if (width % heads !== 0) throw new SediError('invalid-config', `trainer.width must be a multiple of trainer.heads; got ${width} and ${heads}.`)
    if (baseModel !== undefined && !existsSync(baseModel)) {
      throw new SediError('invalid-config', `trainer.baseModel: there is no file ${resolve(baseModel)}.`)
    }
    const options = { layers, width, heads, baseModel: baseModel === undefined ? undefined : resolve(baseModel) }
    return createEmbeddedTrainer({ folder: resolve(folder), options, checkpointEverySteps })
  },
})
