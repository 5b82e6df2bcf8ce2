import { resolve } from 'node:path'
import { SediError } from '@sedi/spec'
import * as z from 'zod'
import { defineTrainer } from '../define-trainer.ts'
import { connectTogether, keyVariable } from '../together-job/service.ts'
import { createTogetherTrainer, togetherCapabilities } from '../together-job/together-trainer.ts'

const described = (description: string, more: { unit?: string; affects?: 'speed'; source?: string } = {}) => ({ description, ...more })

/** Together's fine-tuning API. It makes its own batches of our rows, and tells loss and gradient norm of every step. */
export default defineTrainer({
  id: 'together',
  title: 'Together’s fine-tuning API: billed jobs there, with loss and gradient norm of every step.',
  options: z.strictObject({
    baseModel: z.string().meta(described('Name of a model that Together fine-tunes.')),
    method: z.enum(['lora', 'full']).default('lora').meta(described('What is trained: an adapter, or every weight.')),
    lora: z
      .strictObject({
        rank: z.int().min(1).default(16).meta(described('Rank of the adapter’s matrices.')),
        alpha: z.number().positive().default(32).meta(described('Scale of the adapter, divided by its rank.')),
        dropout: z.number().min(0).lt(1).default(0).meta(described('Dropout inside the adapter; above 0 the signals of a step are noisier.')),
        targetModules: z.string().default('all-linear').meta(described('Which modules get an adapter, separated by commas.')),
      })
      .prefault({})
      .meta(described('The adapter. Not used by `full`.')),
    baseUrl: z
      .url({ protocol: /^https?$/ })
      .default('https://api.together.ai/v1')
      .meta(described('Address of the API, up to and including `/v1`.')),
    maxCostUsd: z
      .number()
      .positive()
      .optional()
      .meta(
        described('What all training jobs of the run may cost by Together’s own estimate, asked before each; a job above it is not submitted.', {
          unit: 'USD',
          affects: 'speed',
        }),
      ),
    startMinutes: z
      .number()
      .positive()
      .optional()
      .meta(
        described('A job that waits in the queue for longer is cancelled, and has failed. Default: as long as it takes.', { unit: 'min', affects: 'speed' }),
      ),
    pollSeconds: z
      .number()
      .positive()
      .default(10)
      .meta(described('Pause between two looks at a job.', { unit: 's', affects: 'speed' })),
    timeoutMs: z
      .int()
      .min(1)
      .default(60_000)
      .meta(described('For each request, the upload of the training file included.', { unit: 'ms', affects: 'speed' })),
    serve: z
      .enum(['none', 'serverless'])
      .default('none')
      .meta(
        described(
          '`serverless`: the trained model is asked under its name, which Together answers for adapters of some base models only. `none`: it is not asked; elsewhere it must be deployed, billed by the minute.',
        ),
      ),
  }),
  dependencies: { 'together-ai': '^0.52.0' },
  credentials: [{ option: 'apiKey', env: keyVariable }],
  capabilities: togetherCapabilities(false),
  capabilitiesOf: ({ serve }) => togetherCapabilities(serve === 'serverless'),
  notes: ({ maxCostUsd }) => [
    `Together bills training jobs to your account: budget.maxCostUsd does not cover them${maxCostUsd === undefined ? ', and trainer.maxCostUsd is not set' : `; trainer.maxCostUsd = $${maxCostUsd} does, by Together’s estimates`}.`,
    'Together shuffles the rows of a job and makes its own batches: the signal of step n is not that of our batch n, so seeds promoted from it are close to chance.',
  ],
  async createTrainer({ baseUrl, timeoutMs, pollSeconds, startMinutes, maxCostUsd, serve, baseModel, method, lora }, { folder, credentials, onNotice }) {
    const apiKey = credentials?.apiKey
    if (apiKey === undefined) throw new SediError('missing-credential', `The trainer “together” needs a key: set the environment variable ${keyVariable}.`)
    return createTogetherTrainer({
      folder: resolve(folder),
      service: await connectTogether({ apiKey, baseUrl, timeoutMs }),
      model: { baseModel, method, lora },
      serves: serve === 'serverless',
      maxCostUsd,
      startMs: startMinutes === undefined ? undefined : startMinutes * 60_000,
      onNotice,
      pollMs: pollSeconds * 1000,
    })
  },
})
