import { resolve } from 'node:path'
import * as z from 'zod'
import { defineTrainer } from '../define-trainer.ts'
import { createPythonTrainer, pythonCapabilities } from '../python-job/python-trainer.ts'
import { setUpPython } from '../python-job/set-up.ts'
import { locateBaseModel, trainingOptions } from '../python-job/training-options.ts'

/**
 * transformers, peft and TRL in a Python process on this machine, on exactly our batches. `sedi trainer setup python` makes its environment.
 */
export default defineTrainer({
  id: 'python',
  title: 'transformers, peft and TRL in a Python process: full, LoRA or QLoRA, on one or several GPUs.',
  options: z.strictObject({
    ...trainingOptions,
    processes: z.int().min(1).default(1).meta({ description: 'Processes, one for each GPU, that share every batch.', affects: 'speed' }),
    python: z
      .string()
      .optional()
      .meta({ description: 'The interpreter. Default: the one that `sedi trainer setup python` made.', affects: 'speed', runs: true }),
    vllm: z.url().optional().meta({
      description:
        'Address of a vLLM server, `/v1` included, that sees the run’s folder at the same path and answers for the trained adapters. Default: a server of our own, for one request at a time.',
    }),
  }),
  dependencies: {},
  credentials: [{ option: 'vllmApiKey', env: 'VLLM_API_KEY', required: false }],
  capabilities: pythonCapabilities,
  setUp: setUpPython,
  async createTrainer({ python, processes, vllm, ...options }, { folder, credentials }) {
    return createPythonTrainer({
      folder: resolve(folder),
      options: { ...options, baseModel: locateBaseModel(options.baseModel) },
      python,
      processes,
      vllm: vllm === undefined ? undefined : { url: vllm, apiKey: credentials?.vllmApiKey },
    })
  },
})
