/** How wide a stream is, when it is a terminal. */
export const columnsOf = (stream: NodeJS.WritableStream): number | undefined => (stream as { readonly columns?: number }).columns

const labelWidth = 16
const narrow = 60

/**
 * Breaks lines that are too long at spaces; what goes on is indented below the text of its label (`  cost          $0.02`), on narrow terminals by four.
 * Without a width nothing is broken: files and programs get lines as they are.
 */
export function wrapLines(text: string, columns: number | undefined): string {
  if (columns === undefined) return text
  return text
    .split('\n')
    .flatMap((line) => (line.length <= columns ? [line] : wrapped(line, columns)))
    .join('\n')
}

function wrapped(line: string, columns: number): string[] {
  const hasLabel = /^ {2}\S/.test(line) && line[labelWidth - 1] === ' '
  const indent = ' '.repeat(columns < narrow ? Math.min(4, columns >> 2) : hasLabel ? labelWidth : line.search(/\S|$/))
  const lines: string[] = []
  let rest = line
  while (rest.length > columns) {
    // A break before the text has begun would leave a label alone.
    const begun = rest.search(/\S/) + (lines.length === 0 && hasLabel ? labelWidth : 0)
    let at = rest.lastIndexOf(' ', columns)
    if (rest[at + 1] === '%') at = rest.lastIndexOf(' ', at - 1)
    if (at <= begun) break
    lines.push(rest.slice(0, at).trimEnd())
    rest = `${indent}${rest.slice(at + 1).trimStart()}`
  }
  return [...lines, rest]
}
