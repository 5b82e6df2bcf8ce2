import type { EncodedExample } from './encode-example.ts'

/** The static shape of a compiled graph. */
export type GraphShape = {
  /** Rows, B. */
  readonly rows: number
  /** Positions per row, T. */
  readonly length: number
  /** The last positions of each row that predict something, A <= T. */
  readonly answers: number
}

/**
 * The smallest shape of our grid that holds the examples. T is rounded up to 16 and A to 8 positions, because a new shape costs about half a
 * second of compilation and the next round's examples are seldom exactly as long as this round's.
 */
export function graphShapeFor(rows: number, examples: Iterable<EncodedExample>): GraphShape {
  let length = 1
  let answers = 1
  for (const example of examples) {
    length = Math.max(length, example.tokens.length - 1)
    answers = Math.max(answers, example.targetCount)
  }
  return { rows, length: roundUp(length, 16), answers: roundUp(answers, 8) }
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple
}
