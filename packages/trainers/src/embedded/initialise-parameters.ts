import { createRng, type Rng } from '@sedi/core'
import { type ModelConfig, parameterCount, tensorLayout } from './tensor-layout.ts'

/** Random first weights, a (P,) vector; each tensor draws from a stream of its own, named by the seed and the tensor. */
export function initialiseParameters(config: ModelConfig, randomSeed: number): Float32Array {
  const parameters = new Float32Array(parameterCount(config)) // (P,)
  for (const { name, init, offset, length } of tensorLayout(config)) {
    const tensor = parameters.subarray(offset, offset + length)
    if (init.kind === 'ones') tensor.fill(1)
    else fillNormal(tensor, init.std, createRng(randomSeed, 'embedded', 'init', name))
  }
  return parameters
}

/** Independent normal values with mean 0 (Box and Muller 1958). */
function fillNormal(values: Float32Array, std: number, rng: Rng): void {
  for (let i = 0; i < values.length; i++) {
    const radius = Math.sqrt(-2 * Math.log(1 - rng.next()))
    values[i] = std * radius * Math.cos(2 * Math.PI * rng.next())
  }
}
