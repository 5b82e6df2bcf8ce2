import { growBatches, type MakePicker } from '../grow-batches.ts'
import { type BatchComposer, checkComposerInput } from './composer.ts'

/**
 * Max–min: a batch takes the instruction whose most similar one in the batch is least similar, `argmin_i max_{j ∈ b} cos(i, j)`, within
 * windows of eight batches (`growBatches`); 2-approximate for the smallest distance of one batch (Gonzalez 1985, k-centre greedy).
 *
 * Embeddings (N, D) of any norm; a row of zeros is at cosine 0 to all. Cost 8·N·B·D, less for sparse rows; memory 16·B·D values.
 */
export default {
  id: 'farthest',
  title: 'the instruction least like those in the batch, next',
  needs: { clusters: false, embeddings: true },
  batches(input) {
    checkComposerInput('farthest', input, this.needs)
    return growBatches(input, farthestPicker)
  },
} satisfies BatchComposer

const farthestPicker: MakePicker = (window, batches) => {
  const cosines = new Float64Array(window.count)
  const closest = Array.from({ length: batches }, () => new Float64Array(window.count).fill(-2)) // largest cosine with the batch
  return {
    best(batch, open) {
      const own = closest[batch]!
      let best = -1
      for (let place = 0; place < own.length; place++) {
        if (open[place] === 1 && (best < 0 || own[place]! < own[best]!)) best = place
      }
      return best
    },
    add(batch, added) {
      const own = closest[batch]!
      window.cosines(added, cosines)
      for (let place = 0; place < own.length; place++) if (cosines[place]! > own[place]!) own[place] = cosines[place]!
    },
  }
}
