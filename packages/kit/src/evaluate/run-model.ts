import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { HarnessModel } from '@sedi/evaluation'
import { type CallOptions, type Ledger, type ModelRef, type OpenModel, type RunConfig, SediError } from '@sedi/spec'
import { createTrainer } from '../adapters.ts'
import { configOf } from '../runs/run-config-of.ts'

/** A run, its folder, and after which round its model is meant (0: the base model; default: the last). */
export type RunSource = { readonly ledger: Ledger; readonly folder: string; readonly round?: number | undefined }

export type RunModel = {
  readonly runId: string
  /** After which it was trained; 0: the base model. */
  readonly round: number
  /** Undefined for the base model of a run that trained none. */
  readonly model: ModelRef | undefined
  /** Opened by its trainer. The caller closes it. */
  open(call?: CallOptions): Promise<OpenModel>
  /** Where transformers finds its weights; undefined when they are in a form of the trainer's own. */
  readonly weights: Extract<HarnessModel, { kind: 'huggingface' }> | undefined
}

/** Throws `unsupported` when the run has no such model. */
export async function modelOfRun({ ledger, folder, round }: RunSource): Promise<RunModel> {
  const config = await configOf(ledger)
  const models = await ledger.find('model')
  const fact = round === undefined ? models.at(-1) : models.findLast((one) => one.round <= round)
  if (fact === undefined && (round !== 0 || config.trainer.id === 'none'))
    throw new SediError(
      'unsupported',
      `The run ${ledger.runId} has no model${config.trainer.id === 'none' ? ': its trainer is “none”' : ' yet. Use --round 0 for the base model'}. To ask another model, use --generator.`,
    )
  return {
    runId: ledger.runId,
    round: fact?.round ?? 0,
    model: fact?.model,
    weights: weightsOf(config, join(folder, 'models'), fact?.model),
    async open(call) {
      const trainer = await createTrainer(config, join(folder, 'models'))
      try {
        if (trainer?.open === undefined)
          throw new SediError('unsupported', `The trainer “${config.trainer.id}” cannot open the model it trained; serve it and use --generator.`)
        const opened = await trainer.open(fact?.model, call)
        return {
          ...opened,
          async close() {
            try {
              await opened.close()
            } finally {
              await trainer.close?.()
            }
          },
        }
      } catch (error) {
        await trainer?.close?.()
        throw error
      }
    },
  }
}

/** Told by the files that are there: an adapter on the configured base model, or a whole model. */
function weightsOf({ trainer }: RunConfig, folder: string, model: ModelRef | undefined): RunModel['weights'] {
  const base = typeof trainer.baseModel === 'string' ? trainer.baseModel : undefined
  const own = model === undefined ? undefined : join(folder, model.uri)
  if (own !== undefined && existsSync(join(own, 'adapter_config.json'))) return base === undefined ? undefined : { kind: 'huggingface', base, adapter: own }
  const whole = own ?? base
  return whole !== undefined && existsSync(join(whole, 'config.json')) ? { kind: 'huggingface', base: whole } : undefined
}
