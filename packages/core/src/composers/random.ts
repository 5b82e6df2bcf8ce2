import { type BatchComposer, checkComposerInput, cutIntoBatches } from './composer.ts'

/** Every epoch in a new uniformly random order: what trainers do when nobody composes batches. */
export default {
  id: 'random',
  title: 'each epoch in random order',
  needs: { clusters: false, embeddings: false },
  *batches(input) {
    checkComposerInput('random', input, this.needs)
    if (input.count === 0) return
    const all = Array.from({ length: input.count }, (_, i) => i)
    for (let epoch = 1; ; epoch++) yield* cutIntoBatches(input.rng.shuffle(all), input.batchSize, epoch)
  },
} satisfies BatchComposer
