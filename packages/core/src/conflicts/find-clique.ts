import { type ConflictGraph, conflicting } from './conflict-graph.ts'

/** Vertices a search starts from, those with most neighbours first. */
const starts = 64

/**
 * A clique of more than `atLeast` vertices, ascending, or undefined when greedy search finds none (there may be one all the same).
 * From each of the vertices with most neighbours: add the neighbour with most neighbours that fits, ties to the lower number.
 */
export function findClique(graph: ConflictGraph, atLeast: number): number[] | undefined {
  const degree = (vertex: number): number => graph.offsets[vertex + 1]! - graph.offsets[vertex]!
  const byDegree = (a: number, b: number): number => degree(b) - degree(a) || a - b
  const able: number[] = []
  for (let vertex = 0; vertex < graph.count; vertex++) if (degree(vertex) >= atLeast) able.push(vertex)
  let largest: number[] = []
  const covered = new Set<number>()
  let started = 0
  for (const start of able.sort(byDegree)) {
    if (covered.has(start)) continue
    if (started++ === starts) break
    const clique = [start]
    const around = [...graph.neighbours.subarray(graph.offsets[start]!, graph.offsets[start + 1]!)].filter((vertex) => degree(vertex) >= atLeast)
    for (const vertex of around.sort(byDegree)) {
      if (clique.every((member) => conflicting(graph, member, vertex))) clique.push(vertex)
    }
    for (const vertex of clique) covered.add(vertex)
    if (clique.length > largest.length) largest = clique
  }
  return largest.length > atLeast ? largest.sort((a, b) => a - b) : undefined
}

/** The fewest pairs that share a class when `size` mutual neighbours are spread over `classes`: as evenly as they go. */
export function fewestPairs(size: number, classes: number): number {
  const each = Math.floor(size / classes)
  const more = size % classes
  return (classes - more) * ((each * (each - 1)) / 2) + more * (((each + 1) * each) / 2)
}
