/** How much a filter had rejected by then. */
export type RejectionPoint = {
  /** Candidates that had reached the filter. */
  readonly candidates: number
  /** The pool’s size. */
  readonly kept: number
  /** 1 − kept / candidates. */
  readonly rejectedShare: number
}

const mostPoints = 80

/**
 * Counts along a stream whose length is not known: at every `stride`-th candidate, and at the end. The stride doubles when there are too many
 * points, so all curves of one stream have theirs at the same candidates. Memory O(1).
 */
export function createRejectionCurve(): { add(kept: boolean): void; points(): readonly RejectionPoint[] } {
  let stride = 1
  let candidates = 0
  let kept = 0
  let points: RejectionPoint[] = []
  const here = (): RejectionPoint => ({ candidates, kept, rejectedShare: 1 - kept / candidates })
  return {
    add(isKept) {
      candidates++
      if (isKept) kept++
      if (candidates % stride !== 0) return
      points.push(here())
      if (points.length <= mostPoints) return
      stride *= 2
      points = points.filter((point) => point.candidates % stride === 0)
    },
    points: () => (candidates === 0 || points.at(-1)?.candidates === candidates ? points : [...points, here()]),
  }
}
