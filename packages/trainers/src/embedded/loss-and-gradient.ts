import { type Batch, gatherInputs, scatterInputGradient } from './batch.ts'
import { forward } from './forward.ts'
import type { GraphShape } from './graph-shape.ts'
import type { Jax, Tensor } from './jax.ts'
import { keepRows, type MaskLevels, noMask } from './keep-rows.ts'
import { type ModelConfig, parameterCount } from './tensor-layout.ts'
import { graphSlots, nameWeights, uploadParameters } from './weights.ts'

export type LossAndGradient = {
  /** Negative log-likelihood of each target, nats; meaningless where the batch has no target. (B, A) */
  readonly tokenLosses: Float32Array
  /** log p(best token) − log p(target), nats, 0 or more; meaningless where the batch has no target. (B, A) */
  readonly tokenGaps: Float32Array
  /** ‖softmax − one-hot‖₂, 0 to √2, where the graph was made to tell it; meaningless where the batch has no target. (B, A) */
  readonly tokenErrors: Float32Array | undefined
  /** 1 for each row that counts in the gradient, 0 for each that was left out. (B,) */
  readonly kept: Float32Array
  /** Gradient, by every parameter, of the mean loss per target token of the kept rows; 0 when none was kept. (P,) */
  readonly gradient: Float32Array
}

export type LossAndGradientGraph = (parameters: Float32Array, batch: Batch, mask?: MaskLevels) => LossAndGradient

/**
 * Compiles the forward and backward pass for one shape (on its first call, about half a second). Losses, gaps, the mask and the gradient come out of
 * the one pass; no gradient flows through the choice of rows.
 * @param errors whether to tell token errors, for two more looks at the logits
 */
export function createLossAndGradient(jax: Jax, config: ModelConfig, shape: GraphShape, errors = false): LossAndGradientGraph {
  const { numpy: np } = jax
  const { rows: B, length: T, answers: A } = shape
  const slots = graphSlots(config)

  const graph = jax.jit(
    jax.valueAndGrad<[Tensor[], Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor], Tensor[], [Tensor[], Tensor]>(
      (tensors, inputs, start, targets, weights, counts, gapAbove, trimRows, exempt) => {
        const logits = forward(jax, config, shape, nameWeights(config, slots, tensors), inputs, start) // (B·A, V)
        const highest = highestLogits(jax, logits.ref) // (B·A, 1)
        const target = targetLogits(jax, config, logits.ref, errors ? targets.ref : targets) // (B·A,)
        const gaps = highest.ref.reshape([-1]).sub(jax.lax.stopGradient(target.ref)) // (B·A,)
        const logSums = normaliser(jax, errors ? logits.ref : logits, highest) // (B·A,)
        const tokenErrors = errors ? [errorLengths(jax, config, logits, logSums.ref, targets)] : []
        const losses = logSums.sub(target) // (B·A,)

        const total = np.sum(counts.ref)
        const perTarget = total.ref.mul(np.reciprocal(np.where(np.lessEqual(counts.ref, 0), 1, counts.ref))) // (B,)
        const rowMeans = (values: Tensor): Tensor => np.sum(values.mul(weights.ref).reshape([B, A]), -1).mul(perTarget.ref) // (B,)
        const rowLosses = rowMeans(jax.lax.stopGradient(losses.ref))
        const kept = keepRows(jax, rowLosses, rowMeans(gaps.ref), gapAbove, trimRows, exempt) // (B,)
        perTarget.dispose()

        const factor = kept.ref.mul(overKept(jax, np.sum(kept.ref.mul(counts)), total)).reshape([B, 1]) // (B, 1)
        const weighted = losses.ref.mul(weights).reshape([B, A]).mul(factor)
        return [np.sum(weighted), [losses, gaps, kept, ...tokenErrors]]
      },
      { argnums: [0, 1], hasAux: true },
    ),
  )

  return (parameters, batch, mask = noMask) => {
    const inputs = np.array(gatherInputs(config, shape, batch, parameters)).reshape([B, T, config.width])
    const counts = new Float32Array(B) // (B,)
    counts.set(batch.targetCounts)
    const exempt = new Float32Array(B) // (B,)
    for (const row of mask.exemptRows) exempt[row] = 1
    const [[loss, [losses, gaps, kept, tokenErrors]], [slotGradients, inputGradient]] = graph(
      uploadParameters(jax, slots, parameters),
      inputs,
      np.array(batch.start),
      np.array(batch.targets).reshape([B * A, 1]),
      np.array(batch.weights),
      np.array(counts),
      np.array(new Float32Array([mask.gapAbove])),
      np.array(new Float32Array([mask.trimRows])),
      np.array(exempt),
    )
    loss.dispose() // summed again outside, in float64
    const told = { tokenLosses: losses!.dataSync(), tokenGaps: gaps!.dataSync(), tokenErrors: tokenErrors?.dataSync(), kept: kept!.dataSync() }
    const gradient = new Float32Array(parameterCount(config)) // (P,)
    slots.forEach((slot, i) => {
      gradient.set(slotGradients[i]!.dataSync(), slot.offset)
    })
    scatterInputGradient(config, shape, batch, inputGradient.dataSync(), gradient)
    return { ...told, gradient }
  }
}

/**
 * `‖softmax(logits[n]) − onehot(targets[n])‖₂`, without a gradient; `logSums` as of `normaliser`. The difference is made before it is squared, so that
 * it keeps its digits where a probability is near 1. (N, V), (N,), (N, 1) -> (N,)
 */
function errorLengths(jax: Jax, config: ModelConfig, logits: Tensor, logSums: Tensor, targets: Tensor): Tensor {
  const { numpy: np } = jax
  const centred = jax.lax.stopGradient(logits).sub(jax.lax.stopGradient(logSums).reshape([-1, 1]))
  const difference = np.exp(centred).sub(np.where(isTarget(jax, config, targets), 1, 0)) // (N, V)
  return np.sqrt(np.sum(difference.ref.mul(difference), -1))
}

/** `total / kept`: 0 where nothing was kept, and exactly 1 where everything was, which a product with the reciprocal need not be. */
function overKept(jax: Jax, kept: Tensor, total: Tensor): Tensor {
  const { numpy: np } = jax
  const some = np.where(np.lessEqual(kept.ref, 0), 0, total.ref.mul(np.reciprocal(kept.ref)))
  return np.where(np.equal(kept, total), 1, some)
}

/** `max_v logits[·, v]`, without a gradient. (N, V) -> (N, 1) */
export function highestLogits(jax: Jax, logits: Tensor): Tensor {
  return jax.lax.stopGradient(jax.numpy.max(logits, -1, { keepdims: true }))
}

/** `log Σ_v exp(logits[·, v])`; `highest` as of `highestLogits`. (N, V), (N, 1) -> (N,) */
export function normaliser(jax: Jax, logits: Tensor, highest: Tensor): Tensor {
  const { numpy: np } = jax
  const total = np.sum(np.exp(logits.sub(highest.ref)), -1) // (N,)
  return np.log(total).add(highest.reshape([-1]))
}

/** `logits[n, targets[n]]`, by comparison rather than by a gather (see `gatherInputs`). (N, V), (N, 1) -> (N,) */
export function targetLogits(jax: Jax, config: ModelConfig, logits: Tensor, targets: Tensor): Tensor {
  const { numpy: np } = jax
  return np.sum(np.where(isTarget(jax, config, targets), logits, 0), -1)
}

/** (N, 1) -> (N, V) */
function isTarget({ numpy: np }: Jax, { vocabularySize }: ModelConfig, targets: Tensor): Tensor {
  return np.equal(np.arange(vocabularySize).reshape([1, vocabularySize]), targets)
}
