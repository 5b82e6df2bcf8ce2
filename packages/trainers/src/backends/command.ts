import { resolve } from 'node:path'
import { SediError } from '@sedi/spec'
import * as z from 'zod'
import { createCommandTrainer } from '../command-job/command-trainer.ts'
import { defineTrainer } from '../define-trainer.ts'

const promise = (description: string) => z.boolean().default(false).meta({ description })
const argv = (description: string) => z.array(z.string().min(1)).min(1).meta({ description, affects: 'speed', runs: true })
const minutes = (description: string) => z.number().positive().meta({ description, unit: 'minutes', affects: 'speed' })

const capabilities = z
  .strictObject({
    fixedBatches: promise('Trains on exactly our batches, in order, and proves it: every step names its `exampleIds`.'),
    perStepLoss: promise('Every step has a `loss`. Without it `steps.jsonl` is not read.'),
    perStepGradNorm: promise('Every step has a `gradNorm`: before clipping, of the mean loss over all trainable parameters.'),
    perExampleLoss: promise('Every step has `exampleLosses`, one for each of its `exampleIds`.'),
    perExampleGap: promise('Every step has `exampleGaps`: mean log-probability of the best token minus that of the target, for each of its `exampleIds`.'),
    perExampleError: promise(
      'Where `measures` of `job.json` lists `error`, every step has `exampleErrors`: mean L2 norm of softmax − one-hot over the target tokens of each of its `exampleIds`.',
    ),
    masks: promise(
      'Leaves suspected label errors out of the loss as `mask` of `job.json` says, and tells with every step which rows: `masked`. Those that `mask.exempt` names stay in.',
    ),
    resume: promise('Started again on a folder with `steps.jsonl`, it goes on where it stopped. Otherwise it is begun anew.'),
    cancel: promise('Ending the command ends the job. Always so with `cancelCommand`.'),
  })
  .refine(({ perStepLoss, fixedBatches, perStepGradNorm }) => perStepLoss || !(fixedBatches || perStepGradNorm), {
    message: 'fixedBatches and perStepGradNorm need perStepLoss: they are told with the steps',
  })
  .refine(
    ({ fixedBatches, perExampleLoss, perExampleGap, perExampleError, masks }) => fixedBatches || !(perExampleLoss || perExampleGap || perExampleError || masks),
    {
      message: 'perExampleLoss, perExampleGap, perExampleError and masks need fixedBatches: without it nobody knows whose they are',
    },
  )
  .prefault({})
  .meta({ description: 'What the program can do. Nothing is assumed; what is promised and not kept fails the job.' })

type Options = { readonly capabilities: z.output<typeof capabilities>; readonly cancelCommand?: readonly string[] | undefined }
const capabilitiesOf = ({ capabilities: promised, cancelCommand }: Options) => ({
  ...promised,
  cancel: promised.cancel || cancelCommand !== undefined,
  serves: false,
})

/**
 * Any program that takes a job as a folder: a script, a queue of a cluster, a client of a service. What goes in and comes out is in
 * `docs/trainers.md`.
 */
export default defineTrainer({
  id: 'command',
  title: 'Any program that takes a job’s folder: Slurm, Kubernetes, a script of your own.',
  options: z.strictObject({
    command: argv('The program and its parameters, run without a shell. `{folder}` becomes the job’s folder, `{jobName}` its name.'),
    commandEnds: z
      .enum(['with-job', 'when-queued'])
      .default('with-job')
      .meta({ description: 'Whether the command ends when the job is over, or as soon as a queue has it.', affects: 'speed' }),
    cancelCommand: argv('Ends a job; run with `{folder}` and `{jobName}` as above, must exit with 0.').optional(),
    capabilities,
    job: z.record(z.string(), z.unknown()).default({}).meta({ description: 'Further keys of `job.json`, for the program. They change what is trained.' }),
    keys: z.array(z.string()).default([]).meta({
      description:
        'Names of environment variables with keys that the program needs. Others whose names look like those of keys are not handed on, except HF_TOKEN.',
      affects: 'speed',
    }),
    silenceMinutes: minutes(
      'A job that shows no sign of life for so long is lost: none of `alive`, `steps.jsonl`, `status.json` written. Clocks must agree better than that.',
    ).default(5),
    startMinutes: minutes('Longest wait in a queue before the first sign of life. Default: no limit.').optional(),
  }),
  dependencies: {},
  capabilities: capabilitiesOf({ capabilities: capabilities.parse({}) }),
  capabilitiesOf,
  async createTrainer({ command, commandEnds, cancelCommand, keys, job, silenceMinutes, startMinutes, ...options }, { folder }) {
    const taken = Object.keys(job).filter((key) => ownKeys.has(key))
    if (taken.length > 0) throw new SediError('invalid-config', `trainer.job: ${taken.join(', ')} of job.json is written by SeDi; use other keys.`)
    return createCommandTrainer({
      folder: resolve(folder),
      command: { argv: command, keys },
      cancelCommand: cancelCommand && { argv: cancelCommand, keys },
      capabilities: capabilitiesOf({ cancelCommand, ...options }),
      job,
      commandIsJob: commandEnds === 'with-job',
      patience: { silenceMs: silenceMinutes * 60_000, startMs: startMinutes === undefined ? undefined : startMinutes * 60_000, settleMs: 5000 },
    })
  },
})

/** What the training spec and the protocol say. */
const ownKeys = new Set([
  ...['protocol', 'jobName', 'examples', 'batches', 'batchSize', 'firstStep', 'continueFrom', 'optimiser', 'maxLengthTokens', 'randomSeed', 'mask', 'measures'],
])
