import { resolve } from 'node:path'
import { SediError } from '@sedi/spec'
import * as z from 'zod'
import { defineTrainer } from '../define-trainer.ts'
import { environmentInterpreter } from '../python-job/environment.ts'
import { locateBaseModel, trainingOptions } from '../python-job/training-options.ts'
import { createRayApi } from '../ray-job/ray-api.ts'
import { createRayTrainer, rayCapabilities } from '../ray-job/ray-trainer.ts'
import { setUpRay } from '../ray-job/set-up.ts'

const speed = (description: string, unit?: string) => ({ description, affects: 'speed' as const, ...(unit === undefined ? {} : { unit }) })
const runs = (description: string) => ({ ...speed(description), runs: true as const })
const usualAddress = 'http://127.0.0.1:8265'

/**
 * Our Python trainer as jobs of a Ray cluster, through the REST interface of its dashboard. Tried with Ray 2.60.
 */
export default defineTrainer({
  id: 'ray',
  title: 'Our Python trainer as jobs of a Ray cluster, on a folder that its nodes share with this machine.',
  options: z.strictObject({
    ...trainingOptions,
    address: z.url().default(usualAddress).meta(speed('Of the cluster’s dashboard. Where it asks for a token, RAY_AUTH_TOKEN has it.')),
    sharedFolder: z
      .string()
      .optional()
      .meta({
        ...speed('A folder that the nodes see at the same path as this machine; jobs, checkpoints and models lie in it. Default: in the run’s folder.'),
        path: 'relative',
      }),
    python: z
      .string()
      .optional()
      .meta(runs('The interpreter as the nodes find it. Default: for a cluster on this machine the one that `sedi trainer setup python` made, else `python`.')),
    packages: z
      .enum(['installed', 'locked'])
      .default('installed')
      .meta(
        speed('`installed`: the interpreter has what training needs. `locked`: Ray installs our locked packages on the node (gigabytes, once for each node).'),
      ),
    runtimeEnv: z
      .record(z.string(), z.unknown())
      .default({})
      .meta(runs('Further keys of Ray’s `runtime_env`, such as `image_uri` or `env_vars`. Recorded with the run: no keys here.')),
    cpus: z.number().min(0).default(1).meta(speed('CPUs that a job asks for.')),
    gpus: z.number().min(0).default(0).meta(speed('GPUs that a job asks for, on one node; each gets a process. With 0 it trains on the CPU.')),
    memoryGb: z.number().positive().optional().meta(speed('Memory that a job asks for.', 'GB')),
    resources: z.record(z.string(), z.number().positive()).default({}).meta(speed('Custom resources of the cluster that a job asks for.')),
    startMinutes: z
      .number()
      .positive()
      .optional()
      .meta(speed('Longest wait before a job begins. Default: the cluster’s own limit (Ray: 15 minutes).', 'minutes')),
    opensModel: z
      .boolean()
      .default(true)
      .meta({ description: 'Whether this machine can open the trained model, to ask and score it: it needs the base model and Python (`localPython`).' }),
    localPython: z.string().optional().meta(runs('The interpreter that opens models here. Default: the one that `sedi trainer setup python` made.')),
  }),
  dependencies: {},
  credentials: [{ option: 'token', env: 'RAY_AUTH_TOKEN', required: false }],
  capabilities: rayCapabilities(true),
  capabilitiesOf: ({ opensModel }) => rayCapabilities(opensModel),
  notes: ({ address, sharedFolder }) =>
    isHere(address) ? [] : [`Ray’s nodes must see ${sharedFolder ?? 'the run’s folder'} at the same path as this machine.`],
  setUp: setUpRay,
  async createTrainer(options, { folder, credentials }) {
    const { address, sharedFolder, python, packages, runtimeEnv, cpus, gpus, memoryGb, resources, startMinutes, opensModel, localPython, ...training } = options
    const taken = packages === 'locked' ? ['pip', 'uv', 'conda'].filter((key) => key in runtimeEnv) : []
    if (taken.length > 0)
      throw new SediError('invalid-config', `trainer.packages: locked and trainer.runtimeEnv.${taken[0]} cannot both decide what is installed.`)
    return createRayTrainer({
      folder: resolve(folder),
      sharedFolder: sharedFolder && resolve(sharedFolder),
      api: createRayApi({ address, token: credentials?.token }),
      options: { ...training, baseModel: locateBaseModel(training.baseModel) },
      resources: { cpus, gpus, memoryGb, resources },
      environment: {
        python: python ?? (isHere(address) && packages === 'installed' ? environmentInterpreter() : undefined) ?? 'python',
        install: packages === 'locked',
        runtimeEnv,
      },
      opens: opensModel,
      localPython,
      patience: { startMs: startMinutes === undefined ? undefined : startMinutes * 60_000, settleMs: 10_000 },
    })
  },
})

const isHere = (address: string): boolean => ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(address).hostname)
