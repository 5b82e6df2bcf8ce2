import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import * as z from 'zod'

const described = (description: string, more: { unit?: string; affects?: 'speed'; path?: 'relative' } = {}) => ({ description, ...more })

/** What our Python trainer wants to know beside the spec, wherever it runs: keys of `trainer`, and of `job.json`. */
export const trainingOptions = {
  baseModel: z.string().meta(
    described('A folder with a model and its tokenizer (`./…`: relative to the configuration file), or, with mayDownload, a name on the Hugging Face hub.', {
      path: 'relative',
    }),
  ),
  method: z.enum(['lora', 'qlora', 'full']).default('lora').meta(described('What is trained: an adapter, an adapter on a 4-bit base, or every weight.')),
  lora: z
    .strictObject({
      rank: z.int().min(1).default(16).meta(described('Rank of the adapter’s matrices.')),
      alpha: z.int().min(1).default(32).meta(described('Scale of the adapter, divided by its rank.')),
      dropout: z.number().min(0).lt(1).default(0).meta(described('Dropout inside the adapter; above 0 the signals of a step are noisier.')),
      targetModules: z
        .union([z.string(), z.array(z.string())])
        .default('all-linear')
        .meta(described('Which modules get an adapter.')),
    })
    .prefault({})
    .meta(described('The adapter. Not used by `full`.')),
  rowsPerDevice: z
    .int()
    .min(1)
    .default(4)
    .meta(described('Rows a device takes at once; a batch is accumulated from such passes.', { unit: 'rows', affects: 'speed' })),
  precision: z.enum(['auto', 'bf16', 'fp32']).default('auto').meta(described('`auto`: bfloat16 where the GPU has it.')),
  gradientCheckpointing: z
    .boolean()
    .default(false)
    .meta(described('Less memory, about a third more time.', { affects: 'speed' })),
  checkpointEverySteps: z
    .int()
    .min(1)
    .default(50)
    .meta(described('The most work that a crash can undo.', { unit: 'steps', affects: 'speed' })),
  tooLong: z.enum(['truncate', 'refuse']).default('truncate').meta(described('What happens to examples longer than training.maxLength.')),
  chatTemplate: z
    .string()
    .default('auto')
    .meta(described('`auto`: the tokenizer’s. `plain`: prompt, answer, end of text. Or the path of a Jinja file.', { path: 'relative' })),
  keepOptimiser: z.boolean().default(true).meta(described('Whether a round goes on with the moments of Adam of the round before.')),
  mayDownload: z.boolean().default(false).meta(described('Whether Python may fetch the base model from the hub.')),
}

/** A folder is named from the root, so that a process in another folder finds it; what is no folder here is a name on the hub, or of another machine. */
export const locateBaseModel = (baseModel: string): string => (existsSync(baseModel) ? resolve(baseModel) : baseModel)
