import type { Report, ReportPart } from './report.ts'

/** The report as one page that needs nothing else: no script, no other file, light or dark as the reader’s system is. */
export function reportHtml({ title, parts }: Report): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>
:root { color-scheme: light dark; --page: #ffffff; --ink: #1f2328; --faint: #59636e; --line: #d8dee4; --quote: #f6f8fa }
@media (prefers-color-scheme: dark) { :root { --page: #0d1117; --ink: #f0f6fc; --faint: #9198a1; --line: #30363d; --quote: #161b22 } }
body { margin: 0 auto; padding: 2rem 1rem 4rem; max-width: 62rem; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif }
h1 { font-size: 1.6rem } h2 { margin-top: 2.2rem; font-size: 1.2rem }
blockquote { margin: 1rem 0; padding: .8rem 1.2rem; border-left: 4px solid var(--plot-1, var(--faint)); background: var(--quote) }
.wide { overflow-x: auto }
table { border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums }
th, td { padding: .25rem .8rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap }
th:first-child, td:first-child { padding-left: 0; text-align: left }
figure { margin: 1rem 0; overflow-x: auto } figure svg { display: block; max-width: 100%; height: auto }
</style>
</head>
<body>
<h1>${escaped(title)}</h1>
${parts.map(partHtml).join('\n')}
</body>
</html>
`
}

function partHtml(part: ReportPart): string {
  switch (part.kind) {
    case 'heading':
      return `<h2>${escaped(part.text)}</h2>`
    case 'text':
      return `<p>${escaped(part.text)}</p>`
    case 'quote':
      return `<blockquote>${escaped(part.text)}</blockquote>`
    case 'list':
      return `<ul>\n${part.items.map((item) => `<li>${escaped(item)}</li>`).join('\n')}\n</ul>`
    case 'table': {
      const [head = [], ...rows] = part.rows
      const cells = (tag: 'th' | 'td', row: readonly string[]): string => `<tr>${row.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join('')}</tr>`
      return `<div class="wide"><table>\n<thead>${cells('th', head)}</thead>\n<tbody>\n${rows.map((row) => cells('td', row)).join('\n')}\n</tbody>\n</table></div>`
    }
    case 'plot':
      return `<figure role="img" aria-label="${escaped(part.alt)}">${part.svg}</figure>`
  }
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
