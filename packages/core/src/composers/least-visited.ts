import { type BatchComposer, type ComposedBatch, type ComposerInput, checkComposerInput } from './composer.ts'

/**
 * Those first that were trained on least often, in random order. Where a pool grows from round to round, an instruction of the first round is
 * otherwise seen again and again before the last ones are seen at all. With equal visits the same as `random`.
 */
export default {
  id: 'least-visited',
  title: 'those trained on least often so far come first',
  needs: { clusters: false, embeddings: false, visits: true },
  *batches(input) {
    checkComposerInput('least-visited', input, this.needs)
    yield* leastVisited(input)
  },
} satisfies BatchComposer

function* leastVisited({ count, batchSize, visits, rng }: ComposerInput): Generator<ComposedBatch> {
  // Visits → who has that many; shuffled when its turn comes.
  const levels = new Map<number, number[]>()
  const put = (at: number, visited: number): void => {
    const level = levels.get(visited) ?? []
    const place = rng.int(level.length + 1)
    level.push(level[place] ?? at)
    level[place] = at
    levels.set(visited, level)
  }
  for (let at = 0; at < count; at++) {
    const visited = visits?.[at] ?? 0
    const level = levels.get(visited)
    if (level === undefined) levels.set(visited, [at])
    else level.push(at)
  }
  for (const [visited, members] of levels) levels.set(visited, rng.shuffle(members))
  const first = Math.min(...levels.keys())

  while (levels.size > 0) {
    const taken: { readonly at: number; readonly visited: number }[] = []
    while (taken.length < batchSize && levels.size > 0) {
      const lowest = Math.min(...levels.keys())
      if (taken.length > 0 && lowest > taken.at(-1)!.visited && levels.size === 1 && endsAPass(lowest)) break
      const level = levels.get(lowest)!
      taken.push({ at: level.pop()!, visited: lowest })
      if (level.length === 0) levels.delete(lowest)
    }
    const epoch = taken[0]!.visited - first + 1
    for (const { at, visited } of taken) put(at, visited + 1)
    yield { indices: taken.map(({ at }) => at), epoch }

    /** Whether all that is not in this batch has one visit more than what the batch began with: then everything has, and the pass is over. */
    function endsAPass(lowest: number): boolean {
      return taken.every(({ visited }) => visited === lowest - 1)
    }
  }
}
