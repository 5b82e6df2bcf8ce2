import { withoutControls } from '@sedi/spec'
import type { Report, ReportPart } from './report.ts'

/** The report for a terminal: wrapped at `columns`, tables aligned, no plots. What a terminal would take for a command is shown as a question mark. */
export function reportText({ title, subtitle, parts }: Report, { columns = 100 }: { readonly columns?: number | undefined } = {}): string {
  const width = Math.max(30, columns)
  const blocks = [title, ...(subtitle === undefined ? [] : wrapped(subtitle, width))]
  for (const part of parts) {
    const lines = partText(part, width)
    if (lines.length > 0) blocks.push('', ...lines)
  }
  return blocks.map(withoutControls).join('\n')
}

function partText(part: ReportPart, width: number): string[] {
  switch (part.kind) {
    case 'heading':
      return [part.text.toUpperCase()]
    case 'subheading':
      return [part.text]
    case 'text':
    case 'quote':
      return wrapped(part.text, width)
    case 'list':
      return part.items.flatMap((item) => wrapped(item, width, '- ', '  '))
    case 'figures':
      return figureLines(part.items, width)
    case 'table':
      return tableLines(part, width)
    case 'cards':
      return part.items.flatMap(({ heading, texts, remark }, i) => [
        ...(i === 0 ? [] : ['']),
        heading,
        ...texts.flatMap(([label, text]) => wrapped(`${label}: ${text}`, width, '  ', '    ')),
        ...(remark === '' ? [] : wrapped(remark, width, '  ', '  ')),
      ])
    case 'terms':
      return part.items.flatMap(([term, meaning]) => wrapped(`${term}: ${meaning}`, width, '', '  '))
    case 'plot':
      return []
  }
}

function figureLines(items: Extract<ReportPart, { kind: 'figures' }>['items'], width: number): string[] {
  const names = Math.max(...items.map(({ name }) => name.length))
  const values = Math.max(...items.map(({ value }) => value.length))
  const indent = ' '.repeat(names + values + 6)
  if (indent.length > width - 30) return items.flatMap(({ name, value, meaning }) => [`  ${name}: ${value}`, ...wrapped(meaning, width, '    ', '    ')])
  return items.flatMap(({ name, value, meaning }) => wrapped(meaning, width, `  ${name.padEnd(names)}  ${value.padStart(values)}  `, indent))
}

/** A table that is too wide loses its last columns of figures, and says how many. */
function tableLines({ rows, words = [] }: Extract<ReportPart, { kind: 'table' }>, width: number): string[] {
  const isWords = (column: number): boolean => column === 0 || words.includes(column)
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  let shown = widths.length
  const total = (): number => widths.slice(0, shown).reduce((sum, own) => sum + own + 2, 0)
  const last = widths.length - 1
  const rest = widths.slice(0, last).reduce((sum, own) => sum + own + 2, 2)
  const wraps = last > 0 && isWords(last) && rest + 20 <= width
  while (!wraps && shown > 1 && total() > width) shown--
  const cells = (row: readonly string[]): string[] => row.slice(0, shown).map((cell, i) => (isWords(i) ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
  const line = (row: readonly string[]): string[] => {
    if (!wraps) return [`  ${cells(row).join('  ')}`.trimEnd()]
    const before = `  ${cells(row).slice(0, last).join('  ')}  `
    return wrapped(row[last] ?? '', width, before, ' '.repeat(before.length))
  }
  const left = widths.length - shown
  return [...rows.flatMap(line), ...(left === 0 ? [] : [`  (${left} more ${left === 1 ? 'column' : 'columns'} on a wider terminal)`])]
}

/** At spaces, where there are any. */
function wrapped(text: string, width: number, first = '', next = ''): string[] {
  const lines: string[] = []
  let line = first
  let isEmpty = true
  for (const word of text.split(/\s+/)) {
    if (!isEmpty && line.length + 1 + word.length > width) {
      lines.push(line)
      line = `${next}${word}`
    } else line += `${isEmpty ? '' : ' '}${word}`
    isEmpty = false
  }
  return [...lines, line.trimEnd()]
}
