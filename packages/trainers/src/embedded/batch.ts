import type { EncodedExample } from './encode-example.ts'
import type { GraphShape } from './graph-shape.ts'
import { type ModelConfig, tensorLayout } from './tensor-layout.ts'
import { padToken } from './tokenizer.ts'

/** Examples laid out for a graph: right-aligned rows; rows beyond the examples are empty. */
export type Batch = {
  /** Input token per position, `padToken` before a row's first. (B, T) */
  readonly tokens: Int32Array
  /** First real position of each row; T for an empty row. (B,) */
  readonly start: Int32Array
  /** Token to predict at each of a row's last A positions; 0 where there is none. (B, A) */
  readonly targets: Int32Array
  /** 1 / (targets in the batch) where there is a target, else 0: the weights of the token-mean loss. (B, A) */
  readonly weights: Float32Array
  /** Targets of each example. */
  readonly targetCounts: readonly number[]
}

export function layOutBatch({ rows: B, length: T, answers: A }: GraphShape, examples: readonly EncodedExample[]): Batch {
  if (examples.length > B) throw new RangeError(`layOutBatch: expected at most ${B} examples, got ${examples.length}`)
  const tokens = new Int32Array(B * T).fill(padToken) // (B, T)
  const start = new Int32Array(B).fill(T) // (B,)
  const targets = new Int32Array(B * A) // (B, A)
  const weights = new Float32Array(B * A) // (B, A)
  const targetCounts = examples.map((example) => example.targetCount)
  const total = targetCounts.reduce((a, b) => a + b, 0)

  examples.forEach((example, row) => {
    const inputCount = example.tokens.length - 1
    if (inputCount > T || example.targetCount > A) throw new RangeError(`layOutBatch: example ${row} does not fit into ${T} positions, ${A} answers`)
    start[row] = T - inputCount
    tokens.set(example.tokens.slice(0, -1), (row + 1) * T - inputCount)
    targets.set(example.tokens.slice(-example.targetCount), (row + 1) * A - example.targetCount)
    weights.fill(1 / total, (row + 1) * A - example.targetCount, (row + 1) * A)
  })
  return { tokens, start, targets, weights, targetCounts }
}

/**
 * Token plus position embedding of every input, zeros in the padding. (B, T, D)
 *
 * Done here rather than in the graph: as a one-hot product it would cost a tenth of the step, and jax-js 0.1.25 cannot compile the gradient of a gather.
 */
export function gatherInputs(config: ModelConfig, { rows: B, length: T }: GraphShape, batch: Batch, parameters: Float32Array): Float32Array {
  const inputs = new Float32Array(B * T * config.width) // (B, T, D)
  forEachInput(config, T, batch, (at, tokenAt, positionAt) => {
    for (let d = 0; d < config.width; d++) inputs[at + d] = parameters[tokenAt + d]! + parameters[positionAt + d]!
  })
  return inputs
}

/** The transpose of `gatherInputs`: adds the inputs' gradient (B, T, D) to the rows of `embedding` and `positions` in the flat `gradient` (P,). */
export function scatterInputGradient(config: ModelConfig, { length: T }: GraphShape, batch: Batch, inputGradient: Float32Array, gradient: Float32Array): void {
  forEachInput(config, T, batch, (at, tokenAt, positionAt) => {
    for (let d = 0; d < config.width; d++) {
      const value = inputGradient[at + d]!
      gradient[tokenAt + d]! += value
      gradient[positionAt + d]! += value
    }
  })
}

/** Calls back with the offsets of each real input: in (B, T, D), and of its token's and its position's row in the flat parameters. */
function forEachInput(config: ModelConfig, T: number, batch: Batch, visit: (at: number, tokenAt: number, positionAt: number) => void): void {
  const D = config.width
  const [embedding, positions] = tensorLayout(config)
  batch.start.forEach((start, row) => {
    for (let t = start; t < T; t++) {
      visit((row * T + t) * D, embedding!.offset + batch.tokens[row * T + t]! * D, positions!.offset + (t - start) * D)
    }
  })
}
