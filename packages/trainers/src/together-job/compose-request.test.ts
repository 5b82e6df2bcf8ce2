import { trainingSpec } from '@sedi/testing/contracts'
import { describe, expect, it } from 'vitest'
import { composeRequest, splitBatch } from './compose-request.ts'
import type { ModelLimits } from './service.ts'

const limits: ModelLimits = {
  min_learning_rate: 1e-8,
  max_learning_rate: 0.1,
  min_max_seq_length: 32,
  max_seq_length_sft: 8192,
  supports_full_training: false,
  lora_training: { min_batch_size: 8, max_batch_size: 96, max_rank: 64 },
  full_training: null,
}
const lora = { baseModel: 'm', method: 'lora', lora: { rank: 16, alpha: 32, dropout: 0, targetModules: 'all-linear' } } as const

describe('splitBatch', () => {
  it('is the fewest equal passes within the limits', () => {
    expect(splitBatch(64, 8, 96)).toEqual({ batchSize: 64, accumulation: 1 })
    expect(splitBatch(128, 8, 96)).toEqual({ batchSize: 64, accumulation: 2 })
    expect(splitBatch(512, 8, 96)).toEqual({ batchSize: 64, accumulation: 8 })
    expect(splitBatch(99, 8, 96)).toEqual({ batchSize: 33, accumulation: 3 })
  })

  it('is the nearest where there are none', () => {
    expect(splitBatch(4, 8, 96)).toEqual({ batchSize: 8, accumulation: 1 })
    expect(splitBatch(127, 8, 96)).toEqual({ batchSize: 64, accumulation: 2 })
    expect(splitBatch(97, 96, 96)).toEqual({ batchSize: 96, accumulation: 2 })
  })
})

describe('composeRequest', () => {
  it('says what will differ from the spec', () => {
    const { request, steps, notes } = composeRequest(trainingSpec(), lora, limits)
    expect(request).toMatchObject({ batch_size: 8, gradient_accumulation_steps: 1 })
    expect(steps).toBe(3)
    expect(notes).toEqual([
      'Together takes 8 to 96 rows at once for m: a step has 8 rows, not 4',
      '23 rows are 3 steps at Together, and 6 batches were composed',
    ])
    const smaller = { ...limits, lora_training: { min_batch_size: 1, max_batch_size: 1, max_rank: 64 } }
    expect(composeRequest(trainingSpec({ batchSize: 4 }), lora, smaller).request).toMatchObject({ batch_size: 1, gradient_accumulation_steps: 4 })
  })

  it('counts the warm-up over all jobs', () => {
    const optimiser = { learningRate: 0.01, warmupSteps: 9, maxGradNorm: Number.POSITIVE_INFINITY, weightDecay: 0.1 }
    const warmup = (firstStep: number) => composeRequest(trainingSpec({ batchSize: 8, firstStep, optimiser }), lora, limits)
    expect(warmup(1).request).toMatchObject({ warmup_ratio: 1, max_grad_norm: 0, weight_decay: 0.1 })
    expect(warmup(9).request.warmup_ratio).toBeCloseTo(1 / 3, 12)
    expect(warmup(9).notes).toContain('the warm-up begins again with this job: Together knows no learning rate to begin with')
    expect(warmup(10).request.warmup_ratio).toBe(0)
  })

  it('refuses full training where there is none', () => {
    expect(() => composeRequest(trainingSpec(), { ...lora, method: 'full' }, limits)).toThrow(/trainer.method: m takes an adapter only; use lora/)
  })
})
