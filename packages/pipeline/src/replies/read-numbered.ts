export type NumberedPart = { readonly number: number; readonly text: string }

// "[4] ", and what models make of it: "4. ", "4) ", "**4.** ", "- 4. ". Repetitions are bounded, so that no text makes the search run away.
const bracketed = /^[ \t>*#-]{0,20}\[(\d{1,6})\][.:)*_]{0,3}(?=[ \t\r\n]|$)/gm
const numbered = /^[ \t>*#-]{0,20}(\d{1,6})[.):][*_]{0,3}(?=[ \t\r\n]|$)/gm

/** A list may leave out so many numbers; a larger jump is a number in the text. */
const largestGap = 3

/**
 * Splits a list at its numbers. Where some are in brackets, only those count; else a number counts when it continues the list, because texts
 * have lists of their own. A list that gives each entry the same number is split at each. Text before the first number is left out.
 */
export function readNumbered(text: string): NumberedPart[] {
  const inBrackets = [...text.matchAll(bracketed)]
  const marks = inBrackets.length > 0 ? inBrackets : inOrder([...text.matchAll(numbered)])
  return marks.map((mark, i) => ({ number: Number(mark[1]), text: text.slice(mark.index + mark[0].length, marks[i + 1]?.index).trim() }))
}

function inOrder(marks: readonly RegExpExecArray[]): readonly RegExpExecArray[] {
  if (marks.length > 1 && marks.every((mark) => mark[1] === marks[0]![1])) return marks
  const chosen: RegExpExecArray[] = []
  for (const mark of marks) {
    const step = chosen.length === 0 ? 1 : Number(mark[1]) - Number(chosen.at(-1)![1])
    if (step >= 1 && step <= largestGap) chosen.push(mark)
  }
  return chosen
}
