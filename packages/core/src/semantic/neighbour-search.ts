/**
 * Finds rows that are near another one, perhaps not all of them: what a semantic index above its exact size asks instead of comparing with
 * every row. Whatever it proposes is compared exactly; what it misses is missed.
 *
 * The same calls in the same order must lead to the same answers, or a run that is continued decides otherwise than before.
 */
export interface NeighbourSearch {
  /** Takes in a row (any norm above 0) under a number that was never used before. */
  add(entry: number, row: Float32Array): void
  /** Takes an entry out again. */
  remove(entry: number): void
  /** Up to k entries that are present, the nearest by cosine, in any order. */
  propose(row: Float32Array, k: number): Iterable<number>
}
