export type ModelConfig = {
  /** Token ids, V. */
  readonly vocabularySize: number
  /** Longest sequence, C, in tokens. */
  readonly contextTokens: number
  /** Hidden width, D. A multiple of `heads`. */
  readonly width: number
  readonly layers: number
  readonly heads: number
}

/** One named matrix or vector inside the flat parameter vector. */
export type TensorSlot = {
  readonly name: string
  readonly shape: readonly number[]
  /** Where it begins in the flat vector. */
  readonly offset: number
  readonly length: number
  /** What the first values are; weight decay applies to `normal` only. */
  readonly init: { readonly kind: 'ones' } | { readonly kind: 'normal'; readonly std: number }
}

/** Hidden width of the feed-forward layer, F, in units of D. 2 rather than the usual 4: see the README's measurements. */
const feedForwardFactor = 2

/**
 * Where each tensor of the model is in its flat parameter vector of length P.
 *
 * Order: `embedding` (V, D), `positions` (C, D), per layer `attention.norm` (D), `attention.query|key|value|output` (D, D), `feedForward.norm` (D),
 * `feedForward.in` (D, F), `feedForward.out` (F, D), and `norm` (D). Matrices act from the right: `y = x W`. The head is the embedding, transposed.
 */
export function tensorLayout(config: ModelConfig): readonly TensorSlot[] {
  const { vocabularySize: V, contextTokens: C, width: D, layers } = config
  const F = feedForwardFactor * D
  const slots: TensorSlot[] = []
  const add = (name: string, shape: readonly number[], init: TensorSlot['init']): void => {
    const last = slots.at(-1)
    slots.push({ name, shape, init, offset: last === undefined ? 0 : last.offset + last.length, length: shape.reduce((a, b) => a * b, 1) })
  }
  const ones = { kind: 'ones' } as const
  const normal = (std: number) => ({ kind: 'normal', std }) as const
  // Each branch's last matrix starts smaller, so that the residual stream keeps its scale (GPT-2, section 2.3).
  const branches = Math.sqrt(2 * layers)

  // With this scale an untrained model's logits have a standard deviation near 1; smaller values learned more slowly (README).
  add('embedding', [V, D], normal(1 / Math.sqrt(D)))
  add('positions', [C, D], normal(1 / Math.sqrt(D)))
  for (let layer = 0; layer < layers; layer++) {
    const prefix = `layers.${layer}`
    add(`${prefix}.attention.norm`, [D], ones)
    for (const part of ['query', 'key', 'value']) add(`${prefix}.attention.${part}`, [D, D], normal(1 / Math.sqrt(D)))
    add(`${prefix}.attention.output`, [D, D], normal(1 / Math.sqrt(D) / branches))
    add(`${prefix}.feedForward.norm`, [D], ones)
    add(`${prefix}.feedForward.in`, [D, F], normal(1 / Math.sqrt(D)))
    add(`${prefix}.feedForward.out`, [F, D], normal(1 / Math.sqrt(F) / branches))
  }
  add('norm', [D], ones)
  return slots
}

/** P: the length of the flat parameter vector. */
export function parameterCount(config: ModelConfig): number {
  const last = tensorLayout(config).at(-1)!
  return last.offset + last.length
}
