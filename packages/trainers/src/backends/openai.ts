import { resolve } from 'node:path'
import { SediError, type TrainerCapabilities } from '@sedi/spec'
import * as z from 'zod'
import { defineTrainer } from '../define-trainer.ts'
import { connectFineTuning, keyVariable } from '../openai-job/fine-tuning-api.ts'
import { createOpenAiTrainer } from '../openai-job/openai-trainer.ts'
import { usualPausesMs } from '../remote/with-retries.ts'

const openAiUrl = 'https://api.openai.com/v1'

const capabilitiesOf = ({ serves }: { readonly serves: boolean }): TrainerCapabilities => ({
  fixedBatches: false,
  perStepLoss: true,
  perStepGradNorm: false,
  perExampleLoss: false,
  perExampleGap: false,
  perExampleError: false,
  masks: false,
  // A job goes on at the service whatever becomes of us; one that was stopped begins anew.
  resume: false,
  cancel: true,
  serves,
})

/** OpenAI's fine-tuning protocol as a wire format: services that speak it train on our examples, in batches of their own. */
export default defineTrainer({
  id: 'openai',
  title: 'A service that speaks OpenAI’s fine-tuning protocol. OpenAI itself takes no new jobs from 6 January 2027.',
  options: z.strictObject({
    baseModel: z.string().min(1).meta({ description: 'The service’s name for the model to fine-tune.' }),
    baseUrl: z
      .url({ protocol: /^https?$/ })
      .default(openAiUrl)
      .meta({ description: 'Address of the service, up to and including `/v1`. With another than OpenAI’s the key is optional.' }),
    organization: z.string().optional().meta({ description: 'The organisation that pays, where the service lets a request say so.', affects: 'speed' }),
    learningRateMultiplier: z
      .union([z.literal('auto'), z.number().positive()])
      .default('auto')
      .meta({ description: 'Factor on the service’s own learning rate; `auto`: the service chooses. `training.learningRate` is not sent.' }),
    hyperparametersAt: z.enum(['method', 'top-level']).default('method').meta({
      description: 'Where a job’s hyperparameters stand: `method.supervised`, or `top-level` for services that know only the older form.',
      affects: 'speed',
    }),
    serves: z.boolean().default(true).meta({ description: 'Whether the service answers as the fine-tuned model, at the same address.' }),
    maxTokensField: z
      .enum(['max_completion_tokens', 'max_tokens'])
      .default('max_completion_tokens')
      .meta({ description: 'How the service calls the limit on output tokens.', affects: 'speed' }),
    concurrency: z.int().min(1).default(8).meta({ description: 'Most questions to a model at once.', affects: 'speed' }),
    price: z
      .strictObject({
        perMTokUsd: z.number().min(0).meta({ description: 'Price of a million trained tokens.', unit: 'USD' }),
      })
      .optional()
      .meta({ description: 'What training costs; said after each job. No budget covers it.', affects: 'speed' }),
    startMinutes: z
      .number()
      .positive()
      .optional()
      .meta({ description: 'A job that has not begun after so long is cancelled and has failed. Default: no limit.', unit: 'minutes', affects: 'speed' }),
    pollSeconds: z.number().min(0.01).default(10).meta({ description: 'Between two looks at a job.', unit: 'seconds', affects: 'speed' }),
    settleSeconds: z
      .number()
      .min(0)
      .default(60)
      .meta({ description: 'Longest wait for what the service shows late: result files, a new job in its list.', unit: 'seconds', affects: 'speed' }),
    timeoutMs: z
      .int()
      .min(1)
      .default(60_000)
      .meta({ description: 'Longest wait for one answer; ten times as long for an upload.', unit: 'ms', affects: 'speed' }),
  }),
  dependencies: { openai: '^7.55.0' },
  credentials: [{ option: 'apiKey', env: keyVariable, required: false }],
  capabilities: capabilitiesOf({ serves: true }),
  capabilitiesOf,
  notes: ({ baseUrl, price, serves, learningRateMultiplier }) => [
    'OpenAI itself takes no new fine-tuning jobs from 6 January 2027, and none already from accounts that never made one; the trainer “openai” is for services that speak its protocol.',
    ...(isOpenAi(baseUrl) ? ['This configuration trains at OpenAI: set trainer.baseUrl to another service before then.'] : []),
    `The service is sent our rows in composed order, one epoch, batch size batches.size; whether it keeps the order is its own. It tells a loss per step; no gradient norm, nothing of single rows.`,
    `training.learningRate, warmupSteps, maxGradNorm, weightDecay and maxLength are not sent; trainer.learningRateMultiplier is ${learningRateMultiplier}.`,
    `Training is billed by the service, outside budget.maxCostUsd${price === undefined ? '; its price is not known (trainer.price)' : ''}.`,
    ...(serves ? ['So are the fine-tuned model’s answers in an evaluation.'] : []),
  ],
  async createTrainer({ baseUrl, organization, timeoutMs, price, startMinutes, pollSeconds, settleSeconds, ...options }, context) {
    const apiKey = context.credentials?.apiKey?.trim() || undefined
    if (apiKey === undefined && isOpenAi(baseUrl)) {
      throw new SediError(
        'missing-credential',
        `openai: no API key. Set the environment variable ${keyVariable} (option apiKey), or trainer.baseUrl for a service without keys.`,
      )
    }
    return createOpenAiTrainer({
      ...options,
      folder: resolve(context.folder),
      api: await connectFineTuning({ baseUrl, apiKey, organization, timeoutMs }),
      capabilities: capabilitiesOf(options),
      pricePerMTokUsd: price?.perMTokUsd,
      onNotice: context.onNotice,
      patience: {
        pollMs: pollSeconds * 1000,
        startMs: startMinutes === undefined ? undefined : startMinutes * 60_000,
        settleMs: settleSeconds * 1000,
        pausesMs: usualPausesMs,
      },
    })
  },
})

const isOpenAi = (baseUrl: string): boolean => /(?:^|\.)openai\.com$/.test(new URL(baseUrl).hostname)
