import type { NeighbourSearch } from '@sedi/core'
import { SediError } from '@sedi/spec'

export type UsearchOptions = {
  /** M: neighbours of a row in the graph. @default 16 */
  readonly connectivity?: number | undefined
  /** ef: rows considered while one is added. More make a better graph, slower. @default 128 */
  readonly expansionAdd?: number | undefined
  /** ef: rows considered while searching; never less than are asked for. More find more, slower. @default 128 */
  readonly expansionSearch?: number | undefined
}

/**
 * Makes neighbour searches by USearch: a hierarchical navigable small world graph (HNSW; Malkov and Yashunin 2018) over float32 rows, by cosine.
 * Approximate: bench/results/semantic.md says how much it finds. One thread, so that the same rows in the same order make the same graph.
 *
 * USearch is an optional dependency (Apache-2.0; binaries for Linux, macOS on x64 and ARM, Windows on x64 come with the package, nothing is built
 * or fetched at install). Throws `missing-dependency` without it.
 */
export async function loadUsearchNeighbours(options: UsearchOptions = {}): Promise<(dimensions: number) => NeighbourSearch> {
  const { connectivity = 16, expansionAdd = 128, expansionSearch = 128 } = options
  const { Index, MetricKind, ScalarKind } = await import('usearch').catch((cause: unknown) => {
    throw new SediError(
      'missing-dependency',
      'filter.semantic.search: usearch needs the package “usearch”, which is not installed or has no binary for this machine. Install it (npm install usearch), or set filter.semantic.search to exact.',
      { cause },
    )
  })
  return (dimensions) => {
    const index = new Index({
      dimensions,
      metric: MetricKind.Cos,
      quantization: ScalarKind.F32,
      connectivity,
      expansion_add: expansionAdd,
      expansion_search: expansionSearch,
      multi: false,
    })
    return {
      add: (entry, row) => index.add(BigInt(entry), row, 1),
      remove: (entry) => void index.remove(BigInt(entry)),
      propose: (row, k) => Array.from(index.search(row, k, 1).keys, Number),
    }
  }
}
