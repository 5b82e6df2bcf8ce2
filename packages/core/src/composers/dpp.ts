import { growBatches, type MakePicker } from '../grow-batches.ts'
import { type BatchComposer, checkComposerInput } from './composer.ts'

/** Below it an instruction is in the span of the batch as far as float32 tells; all such count the same. */
const spanned = 1e-10

/**
 * Determinantal point process: a batch takes the instruction that enlarges `det(L_b)` most, L the cosines, within windows of eight batches
 * (`growBatches`). That is the one with the largest squared distance `d²_i` to the span of the batch, kept up to date by one row of the
 * Cholesky factor for each pick: fast greedy MAP, Chen, Zhang and Zhou 2018 (arXiv 1709.05135), algorithm 1, with quality 1 for all.
 *
 * Where nothing is left outside the span, as in batches larger than the rank of their rows, whatever is first in random order is taken.
 * Embeddings (N, D) of any norm; a row of zeros has `d² = 0`. Cost 8·N·B·(D + B/2); memory 64·B³ values at most.
 */
export default {
  id: 'dpp',
  title: 'the instruction that adds most volume to the batch, next',
  needs: { clusters: false, embeddings: true },
  batches(input) {
    checkComposerInput('dpp', input, this.needs)
    return growBatches(input, dppPicker)
  },
} satisfies BatchComposer

const dppPicker: MakePicker = (window, batches) => {
  const n = window.count
  const row = new Float64Array(n)
  const states = Array.from({ length: batches }, () => ({
    left: Float64Array.from({ length: n }, (_, place) => (window.isDefined(place) ? 1 : 0)), // d²
    factor: [] as Float32Array[], // one row of (window,) for each pick: c_i by column
  }))
  return {
    best(batch, open) {
      const { left } = states[batch]!
      let best = -1
      for (let place = 0; place < n; place++) if (open[place] === 1 && (best < 0 || left[place]! > left[best]!)) best = place
      return best
    },
    add(batch, added) {
      const { left, factor } = states[batch]!
      if (left[added]! < spanned) return
      window.cosines(added, row)
      for (const earlier of factor) {
        const own = earlier[added]!
        if (own === 0) continue
        for (let place = 0; place < n; place++) row[place]! -= own * earlier[place]!
      }
      const scale = 1 / Math.sqrt(left[added]!)
      const next = new Float32Array(n)
      for (let place = 0; place < n; place++) {
        const e = row[place]! * scale
        next[place] = e
        const rest = left[place]! - e * e
        left[place] = rest < spanned ? 0 : rest
      }
      left[added] = 0
      factor.push(next)
    },
  }
}
