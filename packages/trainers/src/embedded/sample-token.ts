import type { Rng } from '@sedi/core'

/**
 * One token id drawn from logits (V,): the most probable one at temperature 0 (ties: the lower id), otherwise from
 * `softmax(logits / temperature)` restricted to the fewest most probable tokens whose probabilities reach `topP`
 * (nucleus sampling, Holtzman et al. 2020, section 3.1).
 */
export function sampleToken(logits: Float32Array, temperature: number, topP: number, rng: Rng): number {
  const best = indexOfHighest(logits)
  if (temperature === 0) return best
  const highest = logits[best]!
  const weights = Array.from(logits, (logit) => Math.exp((logit - highest) / temperature)) // (V,), unnormalised
  if (topP >= 1) return rng.weighted(weights)

  const total = weights.reduce((a, b) => a + b, 0)
  const order = weights.map((_, token) => token).sort((a, b) => weights[b]! - weights[a]! || a - b)
  let mass = 0
  const kept = order.filter((token) => {
    const wanted = mass < topP * total
    mass += weights[token]!
    return wanted
  })
  return kept[rng.weighted(kept.map((token) => weights[token]!))]!
}

function indexOfHighest(values: Float32Array): number {
  let best = 0
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i
  return best
}
