import { type Batch, gatherInputs } from './batch.ts'
import { forward } from './forward.ts'
import type { GraphShape } from './graph-shape.ts'
import type { Jax, Tensor } from './jax.ts'
import { highestLogits, normaliser, targetLogits } from './loss-and-gradient.ts'
import type { ModelConfig } from './tensor-layout.ts'
import { graphSlots, nameWeights, uploadParameters } from './weights.ts'

export type Scores = {
  /** log p(target) of each answer position. (B, A) */
  readonly target: Float32Array
  /** log p of the most probable token there; equal to `target`, to the bit, where the target is that token. (B, A) */
  readonly top: Float32Array
}

/** Compiles the forward pass that scores given answers. */
export function createScoreGraph(jax: Jax, config: ModelConfig, shape: GraphShape): (parameters: Float32Array, batch: Batch) => Scores {
  const run = createForwardRunner(jax, config, shape, (logits, targets) => {
    const highest = highestLogits(jax, logits.ref) // (B·A, 1)
    const total = normaliser(jax, logits.ref, highest.ref) // (B·A,)
    const top = highest.reshape([-1]).sub(total.ref)
    return [targetLogits(jax, config, logits, targets).sub(total), top]
  })
  return (parameters, batch) => {
    const [target, top] = run(parameters, batch)
    return { target: target!, top: top! }
  }
}

/** Compiles the forward pass that gives the logits after each row's last token. (B, V); `shape.answers` is 1. */
export function createNextTokenGraph(jax: Jax, config: ModelConfig, shape: GraphShape): (parameters: Float32Array, batch: Batch) => Float32Array {
  const run = createForwardRunner(jax, config, shape, (logits, targets) => {
    targets.dispose()
    return [logits]
  })
  return (parameters, batch) => run(parameters, batch)[0]!
}

function createForwardRunner(
  jax: Jax,
  config: ModelConfig,
  shape: GraphShape,
  outputs: (logits: Tensor, targets: Tensor) => Tensor[],
): (parameters: Float32Array, batch: Batch) => Float32Array[] {
  const { numpy: np } = jax
  const { rows: B, length: T, answers: A } = shape
  const slots = graphSlots(config)
  const graph = jax.jit((tensors: Tensor[], inputs: Tensor, start: Tensor, targets: Tensor) =>
    outputs(forward(jax, config, shape, nameWeights(config, slots, tensors), inputs, start), targets),
  )
  return (parameters, batch) =>
    graph(
      uploadParameters(jax, slots, parameters),
      np.array(gatherInputs(config, shape, batch, parameters)).reshape([B, T, config.width]),
      np.array(batch.start),
      np.array(batch.targets).reshape([B * A, 1]),
    ).map((output) => output.dataSync())
}
