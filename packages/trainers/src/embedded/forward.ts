import type { GraphShape } from './graph-shape.ts'
import type { Jax, Tensor } from './jax.ts'
import type { ModelConfig } from './tensor-layout.ts'

/** The model's weights as arrays. `positions` is missing: positions are added to the inputs before the graph (see `gatherInputs`). */
export type Weights = {
  readonly embedding: Tensor
  readonly layers: readonly LayerWeights[]
  readonly norm: Tensor
}

export type LayerWeights = {
  readonly attention: { readonly norm: Tensor; readonly query: Tensor; readonly key: Tensor; readonly value: Tensor; readonly output: Tensor }
  readonly feedForward: { readonly norm: Tensor; readonly in: Tensor; readonly out: Tensor }
}

/** Large enough to make a score's weight exactly 0 in float32, small enough to stay finite when added. */
const masked = -1e9

/**
 * The decoder: pre-norm blocks of causal attention and a GELU feed-forward layer, RMSNorm, tied head (GPT-2's plan with RMSNorm, Zhang and Sennrich 2019).
 *
 * `inputs` (B, T, D) are token plus position embeddings, right-aligned; row b begins at position `start[b]`, and what is before it is padding that no
 * real position attends to. Returns the logits (B·A, V) of the last A positions of each row. Since only those are wanted, the last block computes
 * queries, attention and feed-forward for them alone.
 */
export function forward(jax: Jax, config: ModelConfig, shape: GraphShape, weights: Weights, inputs: Tensor, start: Tensor): Tensor {
  const { numpy: np } = jax
  const { rows: B, length: T, answers: A } = shape
  const { width: D } = config
  let hidden = inputs // (B, T, D)
  let mask = causalMask(jax, shape, start) // (B, 1, T, T)

  weights.layers.forEach((layer, i) => {
    const normed = rmsNorm(jax, hidden.ref, layer.attention.norm)
    let queried = normed.ref
    if (i === weights.layers.length - 1) {
      queried = lastOf(np, queried, 1, T - A) // (B, A, D)
      hidden = lastOf(np, hidden, 1, T - A) // (B, A, D)
      mask = lastOf(np, mask, 2, T - A) // (B, 1, A, T)
    }
    hidden = hidden.add(attention(jax, config, layer.attention, normed, queried, mask.ref))
    hidden = hidden.ref.add(feedForward(jax, layer.feedForward, hidden))
  })
  mask.dispose()
  const last = rmsNorm(jax, hidden, weights.norm).reshape([B * A, D])
  return np.matmul(last, weights.embedding.transpose()) // (B·A, V)
}

/** `x / sqrt(mean(x²) + 1e-5) · gain` over the last axis. */
function rmsNorm(jax: Jax, x: Tensor, gain: Tensor): Tensor {
  const { numpy: np } = jax
  const meanSquare = np.mean(np.square(x.ref), -1, { keepdims: true })
  return x.mul(np.reciprocal(np.sqrt(meanSquare.add(1e-5)))).mul(gain)
}

/** 0 where query q may see key k (`start <= k <= q`), a large negative number elsewhere. (B, 1, T, T) */
function causalMask(jax: Jax, { rows: B, length: T }: GraphShape, start: Tensor): Tensor {
  const { numpy: np } = jax
  const key = np.arange(T).reshape([1, 1, T])
  const query = np.arange(T).reshape([1, T, 1])
  const visible = np.lessEqual(key.ref, query).mul(np.lessEqual(start.reshape([B, 1, 1]), key))
  return np.where(visible, 0, masked).reshape([B, 1, T, T])
}

/** Multi-head attention of `queried` (B, Q, D) over `normed` (B, T, D). */
function attention(jax: Jax, config: ModelConfig, weights: LayerWeights['attention'], normed: Tensor, queried: Tensor, mask: Tensor): Tensor {
  const { numpy: np } = jax
  const [B, Q, D] = queried.shape as [number, number, number]
  const headWidth = D / config.heads
  const project = (x: Tensor, matrix: Tensor): Tensor => {
    const length = x.shape[1]!
    return np
      .matmul(x.reshape([B * length, D]), matrix)
      .reshape([B, length, config.heads, headWidth])
      .transpose([0, 2, 1, 3])
  }
  const keys = project(normed.ref, weights.key).mul(1 / Math.sqrt(headWidth)) // (B, H, T, D/H)
  const values = project(normed, weights.value) // (B, H, T, D/H)
  const queries = project(queried, weights.query) // (B, H, Q, D/H)

  const scores = np.matmul(queries, keys.transpose([0, 1, 3, 2])).add(mask) // (B, H, Q, T)
  const highest = jax.lax.stopGradient(np.max(scores.ref, -1, { keepdims: true }))
  const exponentials = np.exp(scores.sub(highest))
  const total = np.sum(exponentials.ref, -1, { keepdims: true }) // (B, H, Q, 1)
  // Softmax's division after the product with the values: T/(D/H) times fewer divisions.
  const mixed = np.matmul(exponentials, values).mul(np.reciprocal(total)) // (B, H, Q, D/H)
  return np.matmul(mixed.transpose([0, 2, 1, 3]).reshape([B * Q, D]), weights.output).reshape([B, Q, D])
}

/** `gelu(rmsNorm(x) in) out`, GELU in its tanh form (Hendrycks and Gimpel 2016). */
function feedForward(jax: Jax, weights: LayerWeights['feedForward'], x: Tensor): Tensor {
  const { numpy: np } = jax
  const [B, Q, D] = x.shape as [number, number, number]
  const normed = rmsNorm(jax, x, weights.norm).reshape([B * Q, D])
  return np.matmul(jax.nn.gelu(np.matmul(normed, weights.in), { approximate: true }), weights.out).reshape([B, Q, D])
}

/** What follows the first `skip` entries of an axis. */
function lastOf(np: Jax['numpy'], x: Tensor, axis: number, skip: number): Tensor {
  if (skip === 0) return x
  const [before, after] = np.split(x, [skip], axis)
  before!.dispose()
  return after!
}
