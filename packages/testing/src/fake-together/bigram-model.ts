import type { TrainingRow } from './check-request.ts'

/** Printable ASCII; one more for everything else, one for the end. */
const characters = 97
const end = 96

/** Logits of the next character by the one before, row-major (97, 97). A checkpoint is a copy of them. */
export type BigramModel = Float64Array

export const newModel = (): BigramModel => new Float64Array(characters * characters)

const codeOf = (character: string): number => {
  const code = character.charCodeAt(0) - 32
  return code >= 0 && code < 95 ? code : 95
}

/**
 * One update by plain gradient descent on the mean cross-entropy of the answers' characters. Changes the model. Loss in nats per character; the
 * norm is the gradient's L2 norm before clipping. Cost: characters × 97.
 */
export function trainStep(
  model: BigramModel,
  rows: readonly TrainingRow[],
  { learningRate, maxGradNorm }: { readonly learningRate: number; readonly maxGradNorm: number },
): { readonly loss: number; readonly gradNorm: number } {
  const gradient = new Map<number, Float64Array>() // by the character before
  let loss = 0
  let count = 0
  for (const { completion } of rows) {
    let previous = end
    for (const next of [...Array.from(completion, codeOf), end]) {
      const logits = model.subarray(previous * characters, (previous + 1) * characters)
      const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0)
      const row = gradient.get(previous) ?? new Float64Array(characters)
      gradient.set(previous, row)
      for (let i = 0; i < characters; i++) row[i]! += Math.exp(logits[i]!) / total - (i === next ? 1 : 0)
      loss += Math.log(total) - logits[next]!
      count += 1
      previous = next
    }
  }
  const gradNorm = Math.sqrt([...gradient.values()].reduce((sum, row) => sum + row.reduce((squares, value) => squares + (value / count) ** 2, 0), 0))
  const clip = maxGradNorm > 0 && gradNorm > maxGradNorm ? maxGradNorm / gradNorm : 1
  for (const [previous, row] of gradient) {
    for (let i = 0; i < characters; i++) model[previous * characters + i]! -= (learningRate * clip * row[i]!) / count
  }
  return { loss: loss / count, gradNorm }
}
