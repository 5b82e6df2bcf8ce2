import type { Weights } from './forward.ts'
import type { Jax, Tensor } from './jax.ts'
import { type ModelConfig, type TensorSlot, tensorLayout } from './tensor-layout.ts'

/** The tensors the graphs take, in layout order: all but `positions`. */
export function graphSlots(config: ModelConfig): readonly TensorSlot[] {
  return tensorLayout(config).filter((slot) => slot.name !== 'positions')
}

/** Copies the flat parameters (P,) into one array per graph slot. */
export function uploadParameters(jax: Jax, slots: readonly TensorSlot[], parameters: Float32Array): Tensor[] {
  return slots.map(({ shape, offset, length }) => jax.numpy.array(parameters.subarray(offset, offset + length)).reshape(shape))
}

/** Gives the arrays of `uploadParameters` their names. */
export function nameWeights(config: ModelConfig, slots: readonly TensorSlot[], tensors: readonly Tensor[]): Weights {
  const byName = new Map(slots.map((slot, i) => [slot.name, tensors[i]!]))
  const tensor = (name: string): Tensor => byName.get(name)!
  return {
    embedding: tensor('embedding'),
    layers: Array.from({ length: config.layers }, (_, layer) => {
      const attention = (part: string): Tensor => tensor(`layers.${layer}.attention.${part}`)
      const feedForward = (part: string): Tensor => tensor(`layers.${layer}.feedForward.${part}`)
      return {
        attention: { norm: attention('norm'), query: attention('query'), key: attention('key'), value: attention('value'), output: attention('output') },
        feedForward: { norm: feedForward('norm'), in: feedForward('in'), out: feedForward('out') },
      }
    }),
    norm: tensor('norm'),
  }
}
