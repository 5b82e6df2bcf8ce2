import { conflicting } from './conflict-graph.ts'
import type { Partition } from './partition.ts'

/**
 * Rearranges k classes of equal size s until no two neighbours share one, which is always possible when every vertex has at most k − 1
 * neighbours (Hajnal and Szemerédi 1970). `scope[c]` = 1 marks the k classes; vertices elsewhere are left where they are and do not count.
 *
 * Method: Kierstead and Kostochka 2008, "A short proof of the Hajnal–Szemerédi theorem on equitable colouring", read as a program. Edges of
 * a few vertices are left out so that the classes are proper, then come back vertex by vertex: the vertex moves to a class that has none of
 * its neighbours, and the class it leaves is filled again through classes that can pass a vertex on (`balance`). Letters in comments are
 * those of the paper. Deterministic; ties by lower class and place. Cost: in sparse graphs O(sΔ) for each vertex that comes back; the
 * proof's recursion has no polynomial bound as it stands (Kierstead, Kostochka, Mydlarz and Szemerédi 2010 give O(kN²) with more book-keeping).
 *
 * Throws when a vertex has k neighbours or more and no way was found.
 */
export function colourEquitably(partition: Partition, scope: Uint8Array): void {
  const { classOf } = partition
  const alive = new Uint8Array(classOf.length) // (N,) whose edges count
  for (let vertex = 0; vertex < classOf.length; vertex++) alive[vertex] = scope[classOf[vertex]!]!
  const waiting: number[] = []
  for (let vertex = 0; vertex < classOf.length; vertex++) {
    if (alive[vertex] === 0 || partition.countHits(vertex, alive)[classOf[vertex]!] === 0) continue
    alive[vertex] = 0
    waiting.push(vertex)
  }
  for (const vertex of waiting) {
    alive[vertex] = 1
    const hits = partition.countHits(vertex, alive)
    const from = classOf[vertex]!
    if (hits[from] === 0) continue
    const to = scope.findIndex((inScope, c) => inScope === 1 && hits[c] === 0)
    if (to < 0) throw new RangeError(`colourEquitably: expected at most ${count(scope) - 1} conflicts of an instruction, got more`)
    partition.move(vertex, to)
    balance(partition, { scope, small: from, big: to, alive })
  }
}

type Imbalance = {
  /** (classes,) 1 for the classes that may be touched. */
  readonly scope: Uint8Array
  /** V⁻ with s − 1 members and V⁺ with s + 1; all others have s. */
  readonly small: number
  readonly big: number
  readonly alive: Uint8Array
}

/** The lemma: a proper partition but for one class too small and one too big becomes equitable. */
function balance(partition: Partition, { scope, small, big: firstBig, alive }: Imbalance): void {
  let big = firstBig
  while (big !== small) {
    const accessible = findAccessible(partition, { scope, small, big, alive })
    if (accessible.via[big]! >= 0) {
      for (let c = big; c !== small; ) {
        const next = accessible.next[c]!
        partition.move(accessible.via[c]!, next)
        c = next
      }
      return
    }
    big = enlargeAccessible(partition, accessible.order, { scope, small, big, alive })
  }
}

type Accessible = {
  /** Classes from which V⁻ can be reached, V⁻ first. */
  readonly order: readonly number[]
  /** (classes,) a member that can move on, and where to; −1 for V⁻ and inaccessible classes. */
  readonly via: Int32Array
  readonly next: Int32Array
}

/** Breadth first from V⁻ against the direction of movement; ends when V⁺ is reached. */
function findAccessible(partition: Partition, { scope, small, big, alive }: Imbalance): Accessible {
  const { members, graph, classOf } = partition
  const via = new Int32Array(scope.length).fill(-1)
  const next = new Int32Array(scope.length).fill(-1)
  const order = [small]
  const rest = [big]
  for (let c = 0; c < scope.length; c++) if (scope[c] === 1 && c !== small && c !== big) rest.push(c)
  for (let at = 0; at < order.length; at++) {
    const target = order[at]!
    const touched = new Set<number>()
    for (const x of members[target]!) {
      if (alive[x] === 0) continue
      for (let edge = graph.offsets[x]!; edge < graph.offsets[x + 1]!; edge++) {
        const y = graph.neighbours[edge]!
        if (alive[y] === 1 && classOf[y]! >= 0) touched.add(y)
      }
    }
    for (const c of rest) {
      if (via[c]! >= 0) continue
      const movable = members[c]!.find((y) => !touched.has(y))
      if (movable === undefined) continue
      via[c] = movable
      next[c] = target
      if (c === big) return { order, via, next }
      order.push(c)
    }
  }
  return { order, via, next }
}

/**
 * V⁺ is not accessible. Either everything is balanced here (then the result is `small`), or one more class becomes accessible and the
 * result is the class that has a member too many now.
 */
function enlargeAccessible(partition: Partition, order: readonly number[], { scope, small, big, alive }: Imbalance): number {
  const inA = new Uint8Array(scope.length)
  for (const c of order) inA[c] = 1
  const inB = scope.map((inScope, c) => (inScope === 1 && inA[c] === 0 ? 1 : 0))
  const { z, y, movesTo } = findSolo(partition, order, inB, terminalClasses(partition, order, alive), big, alive)
  const [w, yClass] = [partition.classOf[z]!, partition.classOf[y]!]
  partition.move(z, -1)
  partition.move(y, w)
  if (movesTo >= 0) {
    partition.move(z, movesTo) // Case 1; w is terminal, so the others reach V⁻ without it
    const others = inA.slice()
    others[w] = 0
    balance(partition, { scope: others, small, big: movesTo, alive })
    balance(partition, { scope: inB, small: yClass, big, alive })
    return small
  }
  balance(partition, { scope: inB, small: yClass, big, alive }) // Case 2
  const hits = partition.countHits(z, alive)
  const to = inB.findIndex((inScope, c) => inScope === 1 && hits[c] === 0)
  if (to < 0) throw new RangeError('colourEquitably: an instruction has more conflicts than classes allow')
  partition.move(z, to)
  return to
}

/** A′: the smallest set of accessible classes that all depend on one class U to reach V⁻; each of them is terminal. */
function terminalClasses(partition: Partition, order: readonly number[], alive: Uint8Array): Uint8Array {
  const movesInto = order.map(() => [] as number[]) // by place in `order`: places with a member movable there
  order.forEach((c, from) => {
    const reached = new Uint8Array(order.length)
    for (const vertex of partition.members[c]!) {
      const hits = partition.countHits(vertex, alive)
      for (let to = 0; to < order.length; to++)
        if (to !== from && alive[vertex] === 1 && hits[order[to]!]! > 0) reached[to]! |= 0
        else if (to !== from) reached[to] = 1
    }
    for (let to = 0; to < order.length; to++) if (reached[to] === 1) movesInto[to]!.push(from)
  })
  let smallest: number[] = []
  for (let u = 0; u < order.length; u++) {
    const seen = new Uint8Array(order.length)
    seen[u] = 1
    seen[0] = 1
    const queue = u === 0 ? [] : [0]
    for (let at = 0; at < queue.length; at++) {
      for (const from of movesInto[queue[at]!]!) {
        if (seen[from] === 1) continue
        seen[from] = 1
        queue.push(from)
      }
    }
    const cutOff: number[] = []
    for (let at = 0; at < order.length; at++) if (seen[at] === 0) cutOff.push(at)
    if (cutOff.length > 0 && (smallest.length === 0 || cutOff.length < smallest.length)) smallest = cutOff
  }
  const terminal = new Uint8Array(partition.members.length)
  for (const at of smallest) terminal[order[at]!] = 1
  return terminal
}

type Solo = {
  readonly z: number
  readonly y: number
  /** An accessible class z can move to; −1 when z has a second special neighbour, not adjacent to y, instead. */
  readonly movesTo: number
}

/** A member z of a terminal class that is the only neighbour there of some y in B, by Lemma 2.3; preferring a y of V⁺, which needs no recursion. */
function findSolo(partition: Partition, order: readonly number[], inB: Uint8Array, terminal: Uint8Array, big: number, alive: Uint8Array): Solo {
  const { members, graph, classOf } = partition
  const special = new Map<number, number[]>() // z → S_z
  for (let c = 0; c < inB.length; c++) {
    if (inB[c] === 0) continue
    for (const y of members[c]!) {
      const hits = partition.countHits(y, alive)
      for (let edge = graph.offsets[y]!; edge < graph.offsets[y + 1]!; edge++) {
        const z = graph.neighbours[edge]!
        const own = classOf[z]!
        if (own < 0 || alive[z] === 0 || alive[y] === 0 || terminal[own] === 0 || hits[own] !== 1) continue
        const known = special.get(z)
        if (known === undefined) special.set(z, [y])
        else known.push(y)
      }
    }
  }
  let found: Solo | undefined
  for (const [z, ys] of special) {
    const hits = partition.countHits(z, alive)
    const movesTo = order.find((c) => c !== classOf[z] && hits[c] === 0) ?? -1
    const first = ys.find((y) => classOf[y] === big && (movesTo >= 0 || ys.some((other) => other !== y && !conflicting(graph, y, other))))
    if (first !== undefined) return { z, y: first, movesTo }
    if (found !== undefined) continue
    const any = movesTo >= 0 ? ys[0] : ys.find((y) => ys.some((other) => other !== y && !conflicting(graph, y, other)))
    if (any !== undefined) found = { z, y: any, movesTo }
  }
  if (found === undefined) throw new RangeError('colourEquitably: an instruction has more conflicts than classes allow')
  return found
}

const count = (scope: Uint8Array): number => scope.reduce((sum, one) => sum + one, 0)
