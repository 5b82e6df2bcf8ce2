/** What can be done with a row of digits, each 0 to 5. */
export type Operation = {
  readonly id: string
  /** How people ask for it, `[a|b]` being a choice of words. */
  readonly phrase: string
  apply(digits: readonly number[]): readonly number[]
}

export const highestDigit = 5

/** A row in, a row out. */
export const rowOperations: readonly Operation[] = [
  { id: 'reverse', phrase: '[read|write|say] backwards', apply: (digits) => digits.toReversed() },
  { id: 'sort', phrase: '[sort|order|put] upwards', apply: (digits) => digits.toSorted((a, b) => a - b) },
  { id: 'descend', phrase: '[sort|order|put] downwards', apply: (digits) => digits.toSorted((a, b) => b - a) },
  { id: 'raise', phrase: '[raise|lift|bump] everything once', apply: (digits) => digits.map((digit) => (digit + 1) % (highestDigit + 1)) },
  { id: 'shift', phrase: '[shift|push|move] leftwards', apply: (digits) => [...digits.slice(1), ...digits.slice(0, 1)] },
  { id: 'flip', phrase: '[take|write|use] complements', apply: (digits) => digits.map((digit) => highestDigit - digit) },
]

/** A row in, one digit out. */
export const pickOperations: readonly Operation[] = [
  { id: 'largest', phrase: '[give|name|pick] the largest', apply: (digits) => [Math.max(...digits)] },
  { id: 'smallest', phrase: '[give|name|pick] the smallest', apply: (digits) => [Math.min(...digits)] },
  { id: 'first', phrase: '[give|name|pick] the leftmost', apply: (digits) => digits.slice(0, 1) },
]
