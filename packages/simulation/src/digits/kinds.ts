import { defineKind, type Kind } from '../kind.ts'
import type { Slot } from '../slots.ts'
import type { WordingSource } from '../wording.ts'
import { highestDigit, type Operation, pickOperations, rowOperations } from './operations.ts'

const rowLength = 3

/** Three digits, "314"; the same one may come twice. 216 rows. */
const row: Slot<readonly number[]> = {
  pattern: `\\b[0-${highestDigit}]{${rowLength}}\\b`,
  draw: (rng) => Array.from({ length: rowLength }, () => rng.int(highestDigit + 1)),
  render: (digits) => digits.join(''),
  parse: (text) => [...text].map(Number),
}

const wordings = (what: string): readonly WordingSource[] => [
  `Take {row} and ${what}.`,
  `Here is {row}, ${what}.`,
  `With {row} as code, ${what}.`,
  `From {row} on, ${what}.`,
  [`With these, please ${what}.`, '{row}'],
  [`Look here and ${what}.`, 'Row: {row}'],
  [`For the code, ${what}.`, 'Code: {row}'],
  [`Just once, ${what}.`, '{row}'],
]

const reservedWordings = (what: string): readonly WordingSource[] => [`Take the code {row} and ${what}.`, [`Look here, please ${what}.`, '{row}']]

function kindOf(operations: readonly Operation[]): Kind {
  const what = operations.map(({ phrase }) => phrase).join(', then ')
  return defineKind({
    id: operations.map(({ id }) => id).join('-then-'),
    slots: { row },
    wordings: wordings(what),
    reservedWordings: reservedWordings(what),
    answer: (values) => operations.reduce<readonly number[]>((digits, { apply }) => apply(digits), values.row).join(''),
  })
}

/** One operation: 9 kinds. */
export const singleKinds: readonly Kind[] = [...rowOperations, ...pickOperations].map((operation) => kindOf([operation]))

/** Two different operations one after the other: 48 kinds. */
export const pairKinds: readonly Kind[] = rowOperations.flatMap((first) =>
  [...rowOperations, ...pickOperations].filter((second) => second !== first).map((second) => kindOf([first, second])),
)
