import { type Issue, issuesError, type TrainingSpec } from '@sedi/spec'
import type { JobRequest, ModelLimits } from './service.ts'

/** What decides a job's outcome, beside its spec. */
export type TogetherModel = {
  readonly baseModel: string
  readonly method: 'lora' | 'full'
  readonly lora: { readonly rank: number; readonly alpha: number; readonly dropout: number; readonly targetModules: string }
}

export type ComposedRequest = {
  readonly request: Omit<JobRequest, 'training_file' | 'suffix'>
  /** Steps that come of our rows there. */
  readonly steps: number
  /** In what the job will differ from the spec, for people. */
  readonly notes: readonly string[]
}

/** One epoch over our file, in steps of our size where the model allows it. Throws `invalid-config` with everything the model does not allow. */
export function composeRequest(spec: TrainingSpec, model: TogetherModel, limits: ModelLimits): ComposedRequest {
  const allowed = model.method === 'lora' ? limits.lora_training : limits.full_training
  const issues = findIssues(spec, model, limits)
  if (issues.length > 0 || allowed == null) throw issuesError('invalid-config', `${model.baseModel} cannot be trained so at Together:`, issues)
  const { batchSize, accumulation } = splitBatch(spec.batchSize, allowed.min_batch_size, allowed.max_batch_size)
  const rows = spec.batches.reduce((sum, batch) => sum + batch.length, 0)
  const steps = Math.ceil(rows / (batchSize * accumulation))
  const warmup = Math.min(steps, Math.max(0, spec.optimiser.warmupSteps - (spec.firstStep - 1)))
  const notes: string[] = []
  if (batchSize * accumulation !== spec.batchSize) {
    const range = `${allowed.min_batch_size} to ${allowed.max_batch_size} rows`
    notes.push(`Together takes ${range} at once for ${model.baseModel}: a step has ${batchSize * accumulation} rows, not ${spec.batchSize}`)
  }
  if (steps !== spec.batches.length) {
    const beyond = steps > spec.batches.length ? '; figures of the steps beyond are left out' : ''
    notes.push(`${rows} rows are ${steps} steps at Together, and ${spec.batches.length} batches were composed${beyond}`)
  }
  if (warmup > 0 && spec.firstStep > 1) notes.push('the warm-up begins again with this job: Together knows no learning rate to begin with')
  return {
    notes,
    steps,
    request: {
      ...(spec.continueFrom === undefined ? { model: model.baseModel } : { from_checkpoint: spec.continueFrom.uri }),
      n_epochs: 1,
      n_checkpoints: 1,
      batch_size: batchSize,
      gradient_accumulation_steps: accumulation,
      learning_rate: spec.optimiser.learningRate,
      // Linear from the full rate to all of it: constant, which Together has no name for.
      lr_scheduler: { lr_scheduler_type: 'linear', lr_scheduler_args: { min_lr_ratio: 1 } },
      warmup_ratio: warmup / steps,
      max_grad_norm: Number.isFinite(spec.optimiser.maxGradNorm) ? spec.optimiser.maxGradNorm : 0,
      weight_decay: spec.optimiser.weightDecay,
      max_seq_length: spec.maxLengthTokens,
      packing: false,
      random_seed: spec.randomSeed,
      training_method: { method: 'sft', train_on_inputs: false },
      training_type:
        model.method === 'full'
          ? { type: 'Full' }
          : {
              type: 'Lora',
              lora_r: model.lora.rank,
              lora_alpha: model.lora.alpha,
              lora_dropout: model.lora.dropout,
              lora_trainable_modules: model.lora.targetModules,
            },
    },
  }
}

function findIssues({ optimiser, maxLengthTokens }: TrainingSpec, { method, lora, baseModel }: TogetherModel, limits: ModelLimits): Issue[] {
  const issues: Issue[] = []
  const expect = (met: boolean, path: string, message: string): void => {
    if (!met) issues.push({ path, code: 'unsupported', message })
  }
  const { min_learning_rate: slowest, max_learning_rate: fastest, min_max_seq_length: shortest, max_seq_length_sft: longest } = limits
  const { learningRate } = optimiser
  expect(learningRate >= slowest && learningRate <= fastest, 'training.learningRate', `expected ${slowest} to ${fastest}, got ${learningRate}`)
  expect(maxLengthTokens >= shortest && maxLengthTokens <= longest, 'training.maxLength', `expected ${shortest} to ${longest} tokens, got ${maxLengthTokens}`)
  if (method === 'full') {
    expect(limits.supports_full_training && limits.full_training != null, 'trainer.method', `${baseModel} takes an adapter only; use lora`)
  } else {
    expect(limits.lora_training != null, 'trainer.method', `${baseModel} takes no adapter; use full`)
    const maxRank = limits.lora_training?.max_rank ?? lora.rank
    expect(lora.rank <= maxRank, 'trainer.lora.rank', `expected at most ${maxRank}, got ${lora.rank}`)
  }
  return issues
}

/** `size` rows as the fewest equal passes of `min` to `max` rows; where there are none, the nearest number of rows that can be. */
export function splitBatch(size: number, min: number, max: number): { readonly batchSize: number; readonly accumulation: number } {
  if (size <= min) return { batchSize: min, accumulation: 1 }
  for (let passes = Math.ceil(size / max); size / passes >= min; passes++) {
    if (size % passes === 0) return { batchSize: size / passes, accumulation: passes }
  }
  const passes = Math.ceil(size / max)
  return { batchSize: Math.max(min, Math.round(size / passes)), accumulation: passes }
}
