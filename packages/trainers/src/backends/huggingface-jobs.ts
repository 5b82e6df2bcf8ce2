import { resolve } from 'node:path'
import { SediError } from '@sedi/spec'
import * as z from 'zod'
import { defineTrainer } from '../define-trainer.ts'
import { createHuggingFaceJobsTrainer, huggingFaceJobsCapabilities } from '../huggingface-jobs/huggingface-jobs-trainer.ts'
import { trainingOptions } from '../python-job/training-options.ts'

const speed = (description: string, unit?: string) => ({ description, affects: 'speed' as const, ...(unit === undefined ? {} : { unit }) })
const { mayDownload: _, ...training } = trainingOptions

/**
 * Our Python trainer on a machine of Hugging Face Jobs, through `@huggingface/hub` 2.17. Tried against an imitation of the hub only.
 */
export default defineTrainer({
  id: 'huggingface-jobs',
  title: 'Our Python trainer on a rented machine of Hugging Face Jobs; results are pushed to a repository before it is gone.',
  options: z.strictObject({
    ...training,
    baseModel: z.string().min(1).meta({ description: 'A name on the hub (`owner/name`), or a folder in the image. HF_TOKEN must be allowed to read it.' }),
    repository: z
      .string()
      .regex(/^[\w.-]+\/[\w.-]+$/, 'expected owner/name')
      .meta(speed('A private model repository for jobs, checkpoints and models (`owner/name`); made where there is none. A public one is refused.')),
    namespace: z.string().optional().meta(speed('The user or organisation that jobs run in and that is billed. Default: the owner of the repository.')),
    flavor: z
      .string()
      .min(1)
      .meta(speed('The machine (`a10g-small`, `h200`, …), billed by the minute; the hub lists them and their prices at /api/jobs/hardware.')),
    timeoutMinutes: z.number().positive().meta(speed('The hub ends a job after so long: the most that one attempt can cost.', 'minutes')),
    startMinutes: z.number().positive().optional().meta(speed('Longest wait for a machine; then the job is cancelled. Default: no limit.', 'minutes')),
    image: z
      .string()
      .default('ghcr.io/astral-sh/uv:python3.12-bookworm')
      .meta(speed('The container’s image: needs Python 3.10 or newer as `python3`; with `uv` packages are installed faster.')),
    packages: z
      .enum(['locked', 'image'])
      .default('locked')
      .meta(speed('`locked`: the machine installs our locked packages, compared by hash (gigabytes, minutes of its time). `image`: the image has them.')),
    processes: z.int().min(1).default(1).meta(speed('Processes, one for each GPU of the machine, that share every batch.')),
    pushSeconds: z
      .number()
      .min(0.1)
      .default(60)
      .meta(speed('Between two pushes of steps and of the newest checkpoint. The hub takes about 128 commits an hour.', 'seconds')),
    pollSeconds: z.number().min(0.01).default(10).meta(speed('Between two looks at the hub.', 'seconds')),
    hubUrl: z.url().default('https://huggingface.co').meta(speed('The hub, as this process and the machine reach it.')),
  }),
  dependencies: { '@huggingface/hub': '^2.17.5' },
  credentials: [{ option: 'token', env: 'HF_TOKEN' }],
  capabilities: huggingFaceJobsCapabilities,
  notes: ({ flavor, timeoutMinutes, repository, namespace, packages }) => [
    `Each round rents a ${flavor} from Hugging Face, billed to ${namespace ?? repository.split('/')[0]} by the minute until training has ended${packages === 'locked' ? ', installing packages included' : ''}; after ${timeoutMinutes} min the hub ends it. budget.maxCostUsd does not cover this.`,
    `Examples, checkpoints and models are uploaded to the private repository ${repository}; its history keeps every checkpoint until you delete it.`,
  ],
  async createTrainer(options, { folder, credentials }) {
    const { repository, namespace, flavor, timeoutMinutes, startMinutes, image, packages, processes, pushSeconds, pollSeconds, hubUrl, ...own } = options
    const token = credentials?.token
    if (token === undefined || token === '') {
      throw new SediError('missing-credential', 'The trainer “huggingface-jobs” needs a key of the hub: set HF_TOKEN, or pass the credential “token”.')
    }
    return createHuggingFaceJobsTrainer({
      folder: resolve(folder),
      ...{ repository, token, namespace: namespace ?? repository.split('/')[0]! },
      hubUrl: hubUrl.replace(/\/+$/, ''),
      machine: { flavor, image, timeoutMinutes, install: packages, processes, pushSeconds },
      options: { ...own, mayDownload: true },
      startMs: startMinutes === undefined ? undefined : startMinutes * 60_000,
      pollMs: pollSeconds * 1000,
    })
  },
})
