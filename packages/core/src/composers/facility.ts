import { growBatches, type MakePicker } from '../grow-batches.ts'
import { type BatchComposer, checkComposerInput } from './composer.ts'

/**
 * Facility location: a batch takes the instruction that adds most to `f(b) = Σ_i max(0, max_{j ∈ b} cos(i, j))`, i over the window of
 * eight batches it grows in (`growBatches`), so that a batch stands for all of the window. f is monotone and submodular: greedy reaches
 * 1 − 1/e of the most its random first one allows (Nemhauser, Wolsey and Fisher 1978), and gains only shrink, so old ones are bounds (lazy: Minoux 1978).
 *
 * Embeddings (N, D) of any norm; a row of zeros gains nothing and comes last. Cost 8·N·B·D for the cosines, and 8B for each gain that
 * is looked at again; memory 64·B² values.
 */
export default {
  id: 'facility',
  title: 'the instruction that best stands for those not yet represented, next',
  needs: { clusters: false, embeddings: true },
  batches(input) {
    checkComposerInput('facility', input, this.needs)
    return growBatches(input, facilityPicker)
  },
} satisfies BatchComposer

const facilityPicker: MakePicker = (window, batches) => {
  const n = window.count
  const scratch = new Float64Array(n)
  const similarity = Array.from({ length: n }, (_, place) => {
    window.cosines(place, scratch)
    return Float32Array.from(scratch)
  }) // (window, window)
  const nothing = new Float32Array(n)
  const first = Float64Array.from({ length: n }, (_, place) => gain(place, nothing))
  const states = Array.from({ length: batches }, () => ({
    covered: new Float32Array(n), // max(0, largest cosine with the batch)
    bound: first.slice(),
    fresh: new Uint8Array(n).fill(1), // 1 where the bound is the gain
  }))

  function gain(place: number, covered: Float32Array): number {
    const row = similarity[place]!
    let sum = 0
    for (let i = 0; i < n; i++) if (row[i]! > covered[i]!) sum += row[i]! - covered[i]!
    return sum
  }

  return {
    best(batch, open) {
      const { covered, bound, fresh } = states[batch]!
      for (;;) {
        let best = -1
        for (let place = 0; place < n; place++) if (open[place] === 1 && (best < 0 || bound[place]! > bound[best]!)) best = place
        if (best < 0 || fresh[best] === 1) return best
        bound[best] = gain(best, covered)
        fresh[best] = 1
      }
    },
    add(batch, added) {
      const { covered, fresh } = states[batch]!
      const row = similarity[added]!
      for (let i = 0; i < n; i++) if (row[i]! > covered[i]!) covered[i] = row[i]!
      fresh.fill(0)
    },
  }
}
