import type { Neighbour } from './novelty/search.ts'
import type { NoveltyIndex } from './novelty-index.ts'
import type { NeighbourSearch } from './semantic/neighbour-search.ts'
import { type RowProbe, Rows } from './semantic/rows.ts'
import { decodeRows, encodeRows } from './semantic/snapshot.ts'

export type { NeighbourSearch } from './semantic/neighbour-search.ts'

/** A novelty index whose items are embedding rows (D,) and whose scores are cosines. */
export interface SemanticIndex extends NoveltyIndex<Float32Array> {
  /** False once answers come from the neighbour search: a nearest entry may then be missed, a score never wrong. */
  readonly exact: boolean
}

export type SemanticIndexOptions = {
  /** What made the rows, such as `provider/model`. Rows of different embeddings do not compare: a snapshot of another one is refused. @default '' */
  readonly embedding?: string | undefined
  /** D. @default that of the first row */
  readonly dimensions?: number | undefined
  /** Whether `judge` names the nearest entry of novel rows too; without, more pairs are left before they are compared to the end. @default 'always' */
  readonly nearest?: 'always' | 'rejected' | undefined
  /** Makes what proposes neighbours in a larger index. Without it every question is answered by comparing with every row. */
  readonly search?: ((dimensions: number) => NeighbourSearch) | undefined
  /** Up to so many rows nothing is approximate. @default 100000 */
  readonly exactUpTo?: number | undefined
  /** Entries the search proposes to one `judge`, each compared exactly: more find more and cost more. @default 64 */
  readonly proposals?: number | undefined
  /** Continue from `snapshot()` of an index of the same embedding. */
  readonly snapshot?: Uint8Array | undefined
}

/** Older rows given to a new neighbour search with every further one, so that no call waits for all of them. */
const takenInPerAdd = 8

/**
 * How new a row is beside those added before: `cos(a, b) = Σ a_d b_d / (‖a‖ ‖b‖)`, in [−1, 1], sums in float64, symmetric to the bit; a value
 * within 1e-12 of 1 is 1. `createNoveltyIndex` for meaning instead of words, with the same questions, decisions and entry numbers: rejected
 * when the highest score is greater than the threshold, ties to the earliest entry, neighbours only where the score is above 0.
 *
 * Exact by a scan up to `exactUpTo` rows, and beyond when there is no `search`. Cost O(N·D), less where pairs that cannot matter are left early:
 * some 30 ms for 100,000 rows of 256 (bench/results has figures); memory 4·D + D / 8 + 8 bytes a row.
 * With a search and more rows, `judge`, `topK` and `range` look at what it proposes and compare that exactly: a text can then be called novel
 * although something close to it was missed. The change happens while adding, eight older rows with each new one; a question in between is
 * answered by a scan. It depends on the rows added and removed alone, so adding the same rows again leads to the same answers.
 * `averageSimilarity` always compares with every row. A snapshot holds the rows; the search is filled again when it is restored (for HNSW about
 * 1 ms a row), in order of entries: after removals the restored search may propose others.
 *
 * Throws RangeError for a row of another length, of zeros or with a value that is not finite; a threshold outside [0, 1]; a snapshot that is
 * damaged, of another version or embedding.
 *
 * @example
 * const index = createSemanticIndex()
 * index.add(Float32Array.of(1, 0))
 * index.judge(Float32Array.of(4, 3), 0.7) // { novel: false, nearest: { entry: 0, score: 0.8 } }
 */
export function createSemanticIndex(options: SemanticIndexOptions = {}): SemanticIndex {
  const { embedding = '', nearest = 'always', search: makeSearch, exactUpTo = 100_000, proposals = 64 } = options
  if (!(proposals >= 1)) throw new RangeError(`createSemanticIndex: expected proposals ≥ 1, got ${proposals}`)
  const restored = options.snapshot && decodeRows(options.snapshot)
  if (restored !== undefined && restored.embedding !== embedding)
    throw new RangeError(`createSemanticIndex: the snapshot holds rows of “${restored.embedding}”; got the embedding “${embedding}”`)
  let rows: Rows | undefined =
    (restored?.rows.dimensions ? restored.rows : undefined) ?? (options.dimensions === undefined ? undefined : newRows(options.dimensions))
  if (rows !== undefined && options.dimensions !== undefined && rows.dimensions !== options.dimensions)
    throw new RangeError(`createSemanticIndex: the snapshot has rows of ${rows.dimensions} values; got dimensions ${options.dimensions}`)
  const work = { postings: 0, compared: 0, scans: 0 }
  let search: NeighbourSearch | undefined
  let searched = 0 // entries below it stand in the search
  if (restored !== undefined && restored.searched > 0 && makeSearch !== undefined) takeIn(restored.rows, restored.searched)

  function takeIn(held: Rows, until: number): void {
    search ??= makeSearch!(held.dimensions)
    for (; searched < until; searched++) if (held.has(searched)) search.add(searched, held.at(searched).slice())
  }

  const isExact = (): boolean => search === undefined || rows === undefined || searched < rows.size

  /** Calls `visit` with every entry that may score above the floor it returned last. */
  function scan(probe: RowProbe, floor: number, visit: (entry: number, score: number) => number): void {
    const held = rows!
    work.scans++
    for (let entry = 0; entry < held.size; entry++) {
      if (!held.has(entry)) continue
      const score = held.cosineAbove(probe, entry, floor)
      work.compared++
      if (score > floor) floor = visit(entry, score)
    }
  }

  /** Proposals with their exact scores, best first, ties by lower entry. */
  function propose(probe: RowProbe, k: number): Neighbour[] {
    const found: Neighbour[] = []
    for (const entry of search!.propose(probe.row, k)) {
      work.postings++
      if (!rows!.has(entry)) continue
      work.compared++
      found.push({ entry, score: rows!.cosineAbove(probe, entry, -2) })
    }
    return found.sort(byScore)
  }

  function nearestOf(probe: RowProbe, floor: number): Neighbour | undefined {
    if (!isExact()) return propose(probe, proposals).find(({ score }) => score > floor)
    let best: Neighbour | undefined
    scan(probe, floor, (entry, score) => {
      best = { entry, score }
      return score
    })
    return best
  }

  const probeOf = (row: Float32Array): RowProbe => {
    rows ??= newRows(row.length)
    return rows.probe(row)
  }

  return {
    get size() {
      return rows?.alive ?? 0
    },
    get exact() {
      return isExact()
    },
    add(row) {
      const probe = probeOf(row)
      const entry = rows!.add(probe)
      if (makeSearch !== undefined && (search !== undefined || rows!.alive > exactUpTo)) takeIn(rows!, Math.min(rows!.size, searched + 1 + takenInPerAdd))
      return entry
    },
    judge(row, threshold) {
      checkThreshold(threshold)
      const found = nearestOf(probeOf(row), nearest === 'always' ? 0 : threshold)
      return { novel: found === undefined || found.score <= threshold, nearest: found }
    },
    topK(row, k) {
      const probe = probeOf(row)
      if (!(k >= 1)) return []
      if (!isExact())
        return propose(probe, Math.max(proposals, 2 * k))
          .filter(({ score }) => score > 0)
          .slice(0, k)
      const best: Neighbour[] = []
      let floor = 0 // entries come in order, so one that equals the k-th best comes too late
      scan(probe, floor, (entry, score) => {
        best.push({ entry, score })
        if (best.length >= 2 * k + 64) {
          best.sort(byScore).length = k
          floor = best[k - 1]!.score
        }
        return floor
      })
      return best.sort(byScore).slice(0, k)
    },
    range(row, threshold) {
      checkThreshold(threshold)
      const probe = probeOf(row)
      const found: Neighbour[] = []
      if (isExact()) {
        scan(probe, threshold, (entry, score) => {
          found.push({ entry, score })
          return threshold
        })
        return found
      }
      // Twice as many, until the last ones are below the threshold.
      for (let k = proposals; ; k *= 2) {
        const proposed = propose(probe, k)
        const above = proposed.filter(({ score }) => score > threshold)
        if (above.length < proposed.length || proposed.length < k) return above.sort((a, b) => a.entry - b.entry)
      }
    },
    averageSimilarity(row) {
      const probe = probeOf(row)
      let sum = 0
      for (let entry = 0; entry < rows!.size; entry++) if (rows!.has(entry)) sum += rows!.cosineAbove(probe, entry, -2)
      return sum / rows!.alive
    },
    remove(entry) {
      const removed = rows?.remove(entry) ?? false
      if (removed && entry < searched) search!.remove(entry)
      return removed
    },
    snapshot: () => encodeRows({ embedding, rows: rows ?? new Rows(0), searched }),
    statistics: () => ({ bytes: rows?.bytes ?? 0, ...work, rebuilds: 0 }),
  }
}

const byScore = (a: Neighbour, b: Neighbour): number => b.score - a.score || a.entry - b.entry

function newRows(dimensions: number): Rows {
  if (!Number.isInteger(dimensions) || dimensions < 1) throw new RangeError(`createSemanticIndex: expected rows of at least one value, got ${dimensions}`)
  return new Rows(dimensions)
}

function checkThreshold(threshold: number): void {
  if (!(threshold >= 0 && threshold <= 1)) throw new RangeError(`Semantic index: expected a threshold in [0, 1], got ${threshold}`)
}
