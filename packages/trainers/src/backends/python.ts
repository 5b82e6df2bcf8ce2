import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import * as z from 'zod'
import { defineTrainer } from '../define-trainer.ts'
import { createPythonTrainer, pythonCapabilities } from '../python-job/python-trainer.ts'
import { setUpPython } from '../python-job/set-up.ts'

const described = (description: string, more: { unit?: string; affects?: 'speed'; path?: 'relative' } = {}) => ({ description, ...more })

/**
 * transformers, peft and TRL in a Python process on this machine, on exactly our batches. `sedi trainer setup python` makes its environment.
 */
export default defineTrainer({
  id: 'python',
  title: 'transformers, peft and TRL in a Python process: full, LoRA or QLoRA, on one or several GPUs.',
  options: z.strictObject({
    baseModel: z
      .string()
      .meta(
        described(
          'A folder with a model and its tokenizer (`./…`: relative to the configuration file), or, with mayDownload, a name on the Hugging Face hub.',
          { path: 'relative' },
        ),
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
    processes: z
      .int()
      .min(1)
      .default(1)
      .meta(described('Processes, one for each GPU, that share every batch.', { affects: 'speed' })),
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
    python: z
      .string()
      .optional()
      .meta(described('The interpreter. Default: the one that `sedi trainer setup python` made.', { affects: 'speed' })),
  }),
  dependencies: {},
  capabilities: pythonCapabilities,
  setUp: setUpPython,
  async createTrainer({ python, processes, ...options }, { folder }) {
    const baseModel = existsSync(options.baseModel) ? resolve(options.baseModel) : options.baseModel
    return createPythonTrainer({ folder: resolve(folder), options: { ...options, baseModel }, python, processes })
  },
})
