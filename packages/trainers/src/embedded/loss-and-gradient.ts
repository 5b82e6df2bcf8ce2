import { type Batch, gatherInputs, scatterInputGradient } from './batch.ts'
import { forward } from './forward.ts'
import type { GraphShape } from './graph-shape.ts'
import type { Jax, Tensor } from './jax.ts'
import { type ModelConfig, parameterCount } from './tensor-layout.ts'
import { graphSlots, nameWeights, uploadParameters } from './weights.ts'

export type LossAndGradient = {
  /** Negative log-likelihood of each target, nats; meaningless where the batch has no target. (B, A) */
  readonly tokenLosses: Float32Array
  /** Gradient of the token-mean loss of the batch by every parameter. (P,) */
  readonly gradient: Float32Array
}

/** Compiles the forward and backward pass for one shape (on its first call, about half a second). */
export function createLossAndGradient(jax: Jax, config: ModelConfig, shape: GraphShape): (parameters: Float32Array, batch: Batch) => LossAndGradient {
  const { numpy: np } = jax
  const { rows: B, length: T, answers: A } = shape
  const slots = graphSlots(config)

  const graph = jax.jit(
    jax.valueAndGrad<[Tensor[], Tensor, Tensor, Tensor, Tensor], Tensor, [Tensor[], Tensor]>(
      (tensors, inputs, start, targets, weights) => {
        const logits = forward(jax, config, shape, nameWeights(config, slots, tensors), inputs, start) // (B·A, V)
        const losses = normaliser(jax, logits.ref).sub(targetLogits(jax, config, logits, targets)) // (B·A,)
        return [np.sum(losses.ref.mul(weights)), losses]
      },
      { argnums: [0, 1], hasAux: true },
    ),
  )

  return (parameters, batch) => {
    const inputs = np.array(gatherInputs(config, shape, batch, parameters)).reshape([B, T, config.width])
    const [[loss, losses], [slotGradients, inputGradient]] = graph(
      uploadParameters(jax, slots, parameters),
      inputs,
      np.array(batch.start),
      np.array(batch.targets).reshape([B * A, 1]),
      np.array(batch.weights),
    )
    loss.dispose() // summed again outside, in float64
    const tokenLosses = losses.dataSync() // (B, A)
    const gradient = new Float32Array(parameterCount(config)) // (P,)
    slots.forEach((slot, i) => {
      gradient.set(slotGradients[i]!.dataSync(), slot.offset)
    })
    scatterInputGradient(config, shape, batch, inputGradient.dataSync(), gradient)
    return { tokenLosses, gradient }
  }
}

/** `log Σ_v exp(logits[·, v])`. (N, V) -> (N,) */
export function normaliser(jax: Jax, logits: Tensor): Tensor {
  const { numpy: np } = jax
  const highest = jax.lax.stopGradient(np.max(logits.ref, -1, { keepdims: true })) // (N, 1)
  const total = np.sum(np.exp(logits.sub(highest.ref)), -1) // (N,)
  return np.log(total).add(highest.reshape([-1]))
}

/** `logits[n, targets[n]]`, by comparison rather than by a gather (see `gatherInputs`). (N, V), (N, 1) -> (N,) */
export function targetLogits(jax: Jax, config: ModelConfig, logits: Tensor, targets: Tensor): Tensor {
  const { numpy: np } = jax
  const hit = np.equal(np.arange(config.vocabularySize).reshape([1, config.vocabularySize]), targets)
  return np.sum(np.where(hit, logits, 0), -1)
}
