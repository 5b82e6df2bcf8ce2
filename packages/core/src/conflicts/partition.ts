import type { ConflictGraph } from './conflict-graph.ts'

/** Vertices 0 to N − 1 of a graph in classes, and which neighbours share one; what the repairs of a partition work on. */
export class Partition {
  readonly graph: ConflictGraph
  /** By class; a vertex that is exchanged takes the other's place in its class. */
  readonly members: number[][]
  /** (N,) −1 while a vertex is in no class. */
  readonly classOf: Int32Array
  readonly #placeOf: Int32Array // (N,)
  readonly #hits: Int32Array // (classes,) written by `countHits`
  #counted: number[] = []

  constructor(graph: ConflictGraph, members: readonly (readonly number[])[]) {
    this.graph = graph
    this.members = members.map((one) => one.slice())
    this.classOf = new Int32Array(graph.count).fill(-1)
    this.#placeOf = new Int32Array(graph.count)
    this.#hits = new Int32Array(members.length)
    this.members.forEach((one, c) => {
      one.forEach((vertex, place) => {
        this.classOf[vertex] = c
        this.#placeOf[vertex] = place
      })
    })
  }

  /** Neighbours of the vertex in a class. Cost O(degree). */
  conflictsIn(vertex: number, c: number): number {
    const { offsets, neighbours } = this.graph
    let found = 0
    for (let at = offsets[vertex]!; at < offsets[vertex + 1]!; at++) if (this.classOf[neighbours[at]!] === c) found++
    return found
  }

  /** Neighbours of the vertex in its own class. */
  conflictsOf(vertex: number): number {
    return this.conflictsIn(vertex, this.classOf[vertex]!)
  }

  /** (classes,) neighbours of the vertex by class, valid until the next call; only vertices with `only[i] = 1` count. Cost O(degree). */
  countHits(vertex: number, only?: Uint8Array): Int32Array {
    for (const c of this.#counted) this.#hits[c] = 0
    this.#counted = []
    const { offsets, neighbours } = this.graph
    for (let at = offsets[vertex]!; at < offsets[vertex + 1]!; at++) {
      const other = neighbours[at]!
      const c = this.classOf[other]!
      if (c < 0 || (only !== undefined && only[other] === 0)) continue
      if (this.#hits[c]!++ === 0) this.#counted.push(c)
    }
    return this.#hits
  }

  /** Vertices with a neighbour in their own class, ascending. Cost O(N + E). */
  inConflict(): number[] {
    const found: number[] = []
    for (let vertex = 0; vertex < this.classOf.length; vertex++) if (this.conflictsOf(vertex) > 0) found.push(vertex)
    return found
  }

  /** Pairs of neighbours in one class. */
  conflicts(): number {
    return this.inConflict().reduce((sum, vertex) => sum + this.conflictsOf(vertex), 0) / 2
  }

  exchange(v: number, w: number): void {
    const [b, c] = [this.classOf[v]!, this.classOf[w]!]
    const [vPlace, wPlace] = [this.#placeOf[v]!, this.#placeOf[w]!]
    this.#put(w, b, vPlace)
    this.#put(v, c, wPlace)
  }

  /** To another class, or to none (−1). */
  move(vertex: number, to: number): void {
    const from = this.classOf[vertex]!
    if (from >= 0) {
      const last = this.members[from]!.pop()!
      if (last !== vertex) this.#put(last, from, this.#placeOf[vertex]!)
    }
    if (to >= 0) this.#put(vertex, to, this.members[to]!.length)
    else this.classOf[vertex] = -1
  }

  #put(vertex: number, c: number, place: number): void {
    this.members[c]![place] = vertex
    this.classOf[vertex] = c
    this.#placeOf[vertex] = place
  }
}
