import { numberOf, readTable } from './read-table.ts'
import { line, round, svg, text } from './svg.ts'

const panels = [
  { column: 'mean cosine', title: 'mean cosine of two', digits: 4 },
  { column: 'largest cosine of a batch, mean', title: 'cosine of the most similar two', digits: 2 },
  { column: 'conflicts', title: 'pairs above ROUGE-L 0.7, in all', digits: 0 },
] as const
const [left, panelWidth, gap, top, rowHeight] = [104, 200, 28, 66, 34]

/** How alike the instructions of a batch are, for each composer: a bar as it composes, a ring with the conflict limit. */
export function drawBatchSimilarity(file: string, heading: string): string {
  const rows = readTable(file, ['composer', ...panels.map(({ column }) => column)])
  const ids = [...new Set(rows.map(({ composer }) => composer!.replace(', limited', '')))]
  const figureOf = (id: string, column: string): number => numberOf(rows.find(({ composer }) => composer === id)![column])
  const order = ids.toSorted((a, b) => figureOf(b, panels[1].column) - figureOf(a, panels[1].column))
  const height = top + order.length * rowHeight + 44
  const width = left + panels.length * panelWidth + (panels.length - 1) * gap + 24
  const parts = [text(16, 26, heading, 'title')]
  order.forEach((id, row) => {
    parts.push(text(left - 10, top + row * rowHeight + 21, id, 'end'))
  })
  panels.forEach(({ column, title, digits }, p) => {
    const x = left + p * (panelWidth + gap)
    const largest = Math.max(...order.map((id) => Math.max(figureOf(id, column), figureOf(`${id}, limited`, column))))
    const scale = (panelWidth - 54) / largest
    parts.push(text(x, top - 10, title, 'faint'), line(x, top, x, top + order.length * rowHeight))
    order.forEach((id, row) => {
      const [plain, limited] = [figureOf(id, column), figureOf(`${id}, limited`, column)]
      const y = top + row * rowHeight + 10
      parts.push(`<rect x="${round(x)}" y="${y}" width="${round(Math.max(1, plain * scale))}" height="15" rx="2" fill="var(--a)" fill-opacity="0.55"/>`)
      parts.push(`<circle cx="${round(x + limited * scale)}" cy="${y + 7.5}" r="5" fill="var(--page)" stroke="var(--b)" stroke-width="2.5"/>`)
      parts.push(text(x + Math.max(plain, limited) * scale + 11, y + 12, plain.toFixed(digits)))
    })
  })
  const y = height - 18
  parts.push(
    `<rect x="${left}" y="${y - 11}" width="22" height="13" rx="2" fill="var(--a)" fill-opacity="0.55"/>`,
    text(left + 30, y, 'as composed (figure)', 'faint'),
  )
  parts.push(
    `<circle cx="${left + 190}" cy="${y - 4}" r="5" fill="var(--page)" stroke="var(--b)" stroke-width="2.5"/>`,
    text(left + 202, y, 'with conflictLimit', 'faint'),
  )
  return svg(width, height, heading, parts)
}
