import type { Rng } from '../rng.ts'
import { conflicting } from './conflict-graph.ts'
import type { Partition } from './partition.ts'

/** Partners looked at for one exchange. */
const sampled = 48
/** Exchanges for which an instruction that was moved stays, plus a random few; keeps the search from going back and forth. */
const tenure = 6
/** Exchanges without a new best before giving up, for small and for large pools. */
const patience = { atLeast: 4000, perVertex: 2 }

/**
 * Lowers the conflicts within classes by exchanging vertices, sizes unchanged, and leaves the partition at the best seen: tabu search over
 * min-conflicts moves. For one vertex in conflict, partners are drawn from the classes where it would have fewest conflicts and from
 * anywhere; the exchange that adds least is made even if it adds, unless it undoes a recent one. Ends at `enough` conflicts or out of patience.
 *
 * Cost of one exchange O(classes + 48 Δ). Sources: Minton et al. 1992 (min-conflicts), Hertz and de Werra 1987 (tabu search for colouring).
 */
export function fewestConflicts(partition: Partition, { rng, enough }: { readonly rng: Rng; readonly enough: number }): void {
  const { classOf, members, graph } = partition
  const conflicted = new ChosenSet(partition.inConflict())
  const frozenUntil = new Int32Array(classOf.length)
  let now = partition.conflicts()
  let best = now
  let undo: (readonly [number, number])[] = [] // exchanges since the best
  const limit = patience.atLeast + patience.perVertex * classOf.length

  function refresh(vertex: number): void {
    const { offsets, neighbours } = graph
    conflicted.set(vertex, partition.conflictsOf(vertex) > 0)
    for (let at = offsets[vertex]!; at < offsets[vertex + 1]!; at++) conflicted.set(neighbours[at]!, partition.conflictsOf(neighbours[at]!) > 0)
  }

  for (let step = 1; undo.length < limit && best > enough && members.length > 1; step++) {
    const v = conflicted.pick(rng)
    const w = choosePartner(v, step)
    if (w < 0) break
    now += added(v, w)
    partition.exchange(v, w)
    refresh(v)
    refresh(w)
    frozenUntil[v] = step + tenure + rng.int(tenure)
    frozenUntil[w] = step + tenure + rng.int(tenure)
    undo.push([v, w])
    if (now < best) {
      best = now
      undo = []
    }
  }
  for (const [v, w] of undo.reverse()) partition.exchange(v, w)

  /** Conflicts after the exchange less those before. */
  function added(v: number, w: number): number {
    const [b, c] = [classOf[v]!, classOf[w]!]
    const pair = conflicting(graph, v, w) ? 2 : 0
    return partition.conflictsIn(v, c) + partition.conflictsIn(w, b) - pair - partition.conflictsIn(v, b) - partition.conflictsIn(w, c)
  }

  function choosePartner(v: number, step: number): number {
    const hits = partition.countHits(v)
    const b = classOf[v]!
    let fewest = Number.POSITIVE_INFINITY
    for (let c = 0; c < members.length; c++) if (c !== b && members[c]!.length > 0) fewest = Math.min(fewest, hits[c]!)
    const good: number[] = []
    for (let c = 0; c < members.length; c++) if (c !== b && members[c]!.length > 0 && hits[c] === fewest) good.push(c)
    if (good.length === 0) return -1
    let chosen = -1
    let least = Number.POSITIVE_INFINITY
    for (let i = 0; i < sampled; i++) {
      const w = i % 4 === 3 ? rng.int(classOf.length) : rng.pick(members[good[rng.int(good.length)]!]!)
      if (classOf[w] === b) continue
      const change = added(v, w)
      const allowed = (frozenUntil[w]! <= step && frozenUntil[v]! <= step) || now + change < best || chosen < 0
      if (!allowed || change >= least) continue
      chosen = w
      least = change
    }
    return chosen
  }
}

/** A set of numbers one can draw from. */
class ChosenSet {
  readonly #items: number[] = []
  readonly #placeOf = new Map<number, number>()

  constructor(items: readonly number[]) {
    for (const item of items) this.set(item, true)
  }

  set(item: number, present: boolean): void {
    const place = this.#placeOf.get(item)
    if (present === (place !== undefined)) return
    if (place === undefined) {
      this.#placeOf.set(item, this.#items.push(item) - 1)
      return
    }
    const last = this.#items.pop()!
    if (last !== item) {
      this.#items[place] = last
      this.#placeOf.set(last, place)
    }
    this.#placeOf.delete(item)
  }

  pick(rng: Rng): number {
    return rng.pick(this.#items)
  }
}
