import type { Report, ReportPart } from './report.ts'

export type MarkdownReport = {
  readonly text: string
  /** Drawings that the text shows, by the name under which it expects them beside it. */
  readonly files: ReadonlyMap<string, string>
}

/** The report as Markdown (GitHub’s kind) and the SVG files it shows. @param prefix put before the files’ names, so that reports can share a folder */
export function reportMarkdown({ title, subtitle, parts }: Report, prefix = ''): MarkdownReport {
  const files = new Map(parts.flatMap((part) => (part.kind === 'plot' ? [[plotFile(prefix, part.name), part.svg] as const] : [])))
  const texts = [`# ${escaped(title)}`, ...(subtitle === undefined ? [] : [escaped(subtitle)]), ...parts.map((part) => partMarkdown(part, prefix))]
  return { text: `${texts.join('\n\n')}\n`, files }
}

const plotFile = (prefix: string, name: string): string => `${prefix}${name}.svg`

function partMarkdown(part: ReportPart, prefix: string): string {
  switch (part.kind) {
    case 'heading':
      return `## ${escaped(part.text)}`
    case 'subheading':
      return `### ${escaped(part.text)}`
    case 'text':
      return escaped(part.text)
    case 'quote':
      return `> ${escaped(part.text)}`
    case 'list':
      return part.items.map((item) => `- ${escaped(item)}`).join('\n')
    case 'table': {
      const [head = [], ...rows] = part.rows.map((row) => row.map(cell))
      const rule = head.map((_, column) => (column === 0 || part.words?.includes(column) === true ? '---' : '---:'))
      return [head, rule, ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
    }
    case 'figures':
      return part.items.map(({ name, value, meaning }) => `- **${escaped(name)}: ${escaped(value)}** — ${escaped(meaning)}`).join('\n')
    case 'cards':
      return part.items
        .map(({ heading, texts, remark }) =>
          [
            `- **${escaped(heading)}**`,
            ...texts.map(([label, text]) => `  - ${escaped(label)}: ${escaped(text)}`),
            ...(remark === '' ? [] : [`  - ${escaped(remark)}`]),
          ].join('\n'),
        )
        .join('\n')
    case 'terms':
      return part.items.map(([term, meaning]) => `- **${escaped(term)}**: ${escaped(meaning)}`).join('\n')
    case 'plot':
      return `![${escaped(part.alt)}](${encodeURI(plotFile(prefix, part.name))})`
  }
}

const cell = (text: string): string => escaped(text).replaceAll('|', '\\|')

/** Shows what Markdown would take for markup; line ends would end a part. */
const escaped = (text: string): string => text.replaceAll(/[\\`*_<>[\]#~]/g, (sign) => `\\${sign}`).replaceAll(/\s*\n\s*/g, ' ')
