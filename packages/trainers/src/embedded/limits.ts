import { SediError, type SpecIssue, type TrainingSpec } from '@sedi/spec'
import type { GraphShape } from './graph-shape.ts'
import type { ArchitectureOptions } from './model.ts'
import { type ModelConfig, parameterCount } from './tensor-layout.ts'

/** What this trainer is for ends here; beyond it, `python`. */
export const embeddedLimits = {
  /** Longest example, in tokens: attention's memory grows with the square of the length. */
  contextTokens: 4096,
  /** Token ids of a model, the tokeniser's bytes and special ones included. */
  vocabularyTokens: 65_536,
  /** Weights: with 32 rows of 64 tokens, ten million are several seconds a step. */
  parameters: 10_000_000,
  /** A model's file, moments included. */
  fileBytes: 256 * 2 ** 20,
  /** All that WebAssembly can address. */
  memoryBytes: 4 * 2 ** 30,
} as const

/** Token ids of a vocabulary built for a model made from nothing: enough for a small world's words, cheap in the head. */
export const builtVocabularyTokens = 1024

/** Throws `unsupported` for a model beyond the limits; `what` names it. */
export function assertWithinLimits(config: ModelConfig, what: string): void {
  const { contextTokens, vocabularyTokens, parameters } = embeddedLimits
  const refuse = (measure: string, most: number, got: number): never => {
    const numbers = [most, got].map((value) => value.toLocaleString('en'))
    throw new SediError(
      'unsupported',
      `${what} has ${numbers[1]} ${measure}; the embedded trainer takes at most ${numbers[0]}. It is for small worlds: use the trainer "python" for larger models.`,
    )
  }
  if (config.contextTokens > contextTokens) refuse('tokens of context', contextTokens, config.contextTokens)
  if (config.vocabularySize > vocabularyTokens) refuse('token ids', vocabularyTokens, config.vocabularySize)
  if (parameterCount(config) > parameters) refuse('weights', parameters, parameterCount(config))
}

/** A model made from nothing would be too large; `spec` undefined: whatever the spec. */
export function findSizeIssues(architecture: ArchitectureOptions, spec: Pick<TrainingSpec, 'maxLengthTokens'> | undefined): SpecIssue[] {
  const config = {
    ...architecture,
    vocabularySize: spec === undefined ? 0 : builtVocabularyTokens,
    contextTokens: spec?.maxLengthTokens ?? 0,
  }
  const weights = parameterCount(config)
  if (!(weights > embeddedLimits.parameters)) return []
  const numbers = [weights, embeddedLimits.parameters].map((value) => value.toLocaleString('en'))
  const message = `width ${config.width} and ${config.layers} layers make ${numbers[0]} weights, and the embedded trainer takes at most ${numbers[1]}; lower trainer.width or trainer.layers, or use the trainer "python"`
  return [{ path: 'trainer.width', message }]
}

/**
 * WebAssembly memory of a training step, bytes. Fitted to jax-js 0.1.25 (11 shapes from 67 MiB to 3.4 GiB, all within 12 %): copies of the attention scores, of the
 * activations, of the logits and of the weights.
 */
export function estimateStepBytes({ layers, width, heads, ...config }: ModelConfig, { rows, length, answers }: GraphShape): number {
  const scores = rows * heads * length * ((layers - 1) * length + answers)
  const activations = layers * rows * length * width
  const logits = rows * answers * config.vocabularySize
  const weights = parameterCount({ layers, width, heads, ...config })
  return 4 * (4.8 * scores + 57 * activations + 4.3 * logits + 4.3 * weights)
}

/** Throws before a step is begun that cannot fit. */
export function assertStepFits(config: ModelConfig, shape: GraphShape): void {
  const bytes = estimateStepBytes(config, shape)
  if (bytes <= embeddedLimits.memoryBytes) return
  throw new SediError(
    'unsupported',
    `A step of this job would need about ${(bytes / 2 ** 30).toFixed(1)} GiB, and WebAssembly has 4: ${shape.rows} rows of ${shape.length} tokens, ${config.layers} layers of width ${config.width}. Lower batches.size, training.maxLength, trainer.layers or trainer.width, or use the trainer "python".`,
    { details: { errorCode: 'out-of-memory' } },
  )
}
