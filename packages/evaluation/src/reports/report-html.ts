import type { Report, ReportPart } from './report.ts'

/**
 * The report as one page that needs nothing else: no script, no other file, light or dark as the reader’s system is, and fit for paper. Its policy
 * forbids it to load anything, whatever a text in it may try.
 */
export function reportHtml({ title, subtitle, parts }: Report): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<style>
${style}
</style>
</head>
<body>
<header>
<h1>${escaped(title)}</h1>
${subtitle === undefined ? '' : `<p class="subtitle">${escaped(subtitle)}</p>\n`}</header>
<main>
${parts.map(partHtml).join('\n')}
</main>
</body>
</html>
`
}

const style = `:root { color-scheme: light dark; --page: #ffffff; --ink: #1f2328; --faint: #59636e; --line: #d8dee4; --raised: #f6f8fa; --accent: #1f6feb }
@media (prefers-color-scheme: dark) { :root { --page: #0d1117; --ink: #f0f6fc; --faint: #9198a1; --line: #30363d; --raised: #161b22; --accent: #58a6ff } }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 2.5rem 1.25rem 4rem; max-width: 58rem; background: var(--page); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; overflow-wrap: break-word }
h1 { margin: 0; font-size: 1.75rem; line-height: 1.25 } h2 { margin: 2.6rem 0 .6rem; padding-top: 1rem; border-top: 1px solid var(--line); font-size: 1.25rem } h3 { margin: 1.6rem 0 .5rem; font-size: 1rem }
p { margin: .6rem 0 } .subtitle { color: var(--faint) } li { margin: .2rem 0 }
blockquote { margin: 1.2rem 0; padding: .9rem 1.2rem; border-left: 4px solid var(--accent); background: var(--raised); font-size: 1.05rem }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(13rem, 100%), 1fr)); gap: .8rem; margin: 1.2rem 0; padding: 0 }
.figures div { padding: .8rem 1rem; border: 1px solid var(--line); border-radius: .5rem }
.figures dt { color: var(--faint); font-size: .85rem } .figures .value { margin: .1rem 0; font-size: 1.5rem; font-weight: 600; line-height: 1.25; font-variant-numeric: tabular-nums } .figures .meaning { margin: 0; color: var(--faint); font-size: .85rem; line-height: 1.4 }
.wide { overflow-x: auto; margin: .8rem 0 }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums }
th, td { padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top; white-space: nowrap }
th { color: var(--faint); font-weight: 600 } th:last-child, td:last-child { padding-right: 0 }
th.words, td.words { text-align: left } td.words:not(:first-child) { min-width: 12rem; white-space: normal }
figure { margin: 1.2rem 0; overflow-x: auto } figure svg { display: block; width: 100%; min-width: 34rem; max-width: 46rem; height: auto }
.card { margin: .7rem 0; padding: .8rem 1rem; border: 1px solid var(--line); border-radius: .5rem; background: var(--raised) }
.card h4 { margin: 0 0 .4rem; color: var(--faint); font-size: .85rem; font-weight: 600 } .card dl { display: grid; grid-template-columns: 6.5rem 1fr; gap: .2rem .8rem; margin: 0 } .card dt { color: var(--faint); font-size: .85rem; line-height: 1.75 } .card dd { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere }
.card .remark { margin: .5rem 0 0; color: var(--faint); font-size: .9rem }
.terms dt { margin-top: .6rem; font-weight: 600 } .terms dd { margin: 0; color: var(--faint) }
@media (max-width: 34rem) { body { padding-top: 1.25rem } .figures { grid-template-columns: 1fr 1fr; gap: .5rem } .figures div { padding: .6rem .7rem } .figures .value { font-size: 1.2rem } .card dl { grid-template-columns: 1fr; gap: 0 } .card dd { margin-bottom: .3rem } }
@media print { body { padding: 0; max-width: none; font-size: 10.5pt } h2, h3, h4 { break-after: avoid } blockquote, .figures div, .card, figure, tr, .terms div { break-inside: avoid } figure, .wide { overflow: visible } figure svg { min-width: 0; max-width: 15cm } .wide table { font-size: 8.5pt } th, td { padding-right: .5rem } }
@page { margin: 16mm }`

function partHtml(part: ReportPart): string {
  switch (part.kind) {
    case 'heading':
      return `<h2>${escaped(part.text)}</h2>`
    case 'subheading':
      return `<h3>${escaped(part.text)}</h3>`
    case 'text':
      return `<p>${escaped(part.text)}</p>`
    case 'quote':
      return `<blockquote>${verbatim(part.text)}</blockquote>`
    case 'list':
      return `<ul>\n${part.items.map((item) => `<li>${escaped(item)}</li>`).join('\n')}\n</ul>`
    case 'figures':
      return `<dl class="figures">\n${part.items.map(figureHtml).join('\n')}\n</dl>`
    case 'table':
      return tableHtml(part)
    case 'cards':
      return part.items.map(cardHtml).join('\n')
    case 'terms':
      return `<dl class="terms">\n${part.items.map(([term, meaning]) => `<div><dt>${escaped(term)}</dt><dd>${escaped(meaning)}</dd></div>`).join('\n')}\n</dl>`
    case 'plot':
      return `<figure role="img" tabindex="0" aria-label="${escaped(part.alt)}">${withoutRoles(part.svg)}</figure>`
  }
}

/** What a drawing shows is said once, by its figure; Vega says something of every axis and mark. */
const withoutRoles = (svg: string): string => svg.replaceAll(/ (?:role|aria-[a-z]+)="[^"]*"/g, '')

type PartOf<K extends ReportPart['kind']> = Extract<ReportPart, { readonly kind: K }>

function tableHtml({ rows: [head = [], ...rows], words = [] }: PartOf<'table'>): string {
  const isWords = (column: number): boolean => column === 0 || words.includes(column)
  const cells = (tag: 'th' | 'td', row: readonly string[]): string =>
    `<tr>${row.map((cell, column) => cellHtml(cell === '' ? 'td' : tag, cell, isWords(column))).join('')}</tr>`
  return `<div class="wide" tabindex="0"><table>\n<thead>${cells('th', head)}</thead>\n<tbody>\n${rows.map((row) => cells('td', row)).join('\n')}\n</tbody>\n</table></div>`
}

const cellHtml = (tag: 'th' | 'td', text: string, isWords: boolean): string => `<${tag}${isWords ? ' class="words"' : ''}>${escaped(text)}</${tag}>`

const figureHtml = ({ name, value, meaning }: PartOf<'figures'>['items'][number]): string =>
  `<div><dt>${escaped(name)}</dt><dd class="value">${escaped(value)}</dd><dd class="meaning">${escaped(meaning)}</dd></div>`

function cardHtml({ heading, texts, remark }: PartOf<'cards'>['items'][number]): string {
  const said = texts.map(([label, text]) => `<dt>${escaped(label)}</dt><dd>${escaped(text)}</dd>`).join('')
  return `<section class="card"><h4>${escaped(heading)}</h4><dl>${said}</dl>${remark === '' ? '' : `<p class="remark">${escaped(remark)}</p>`}</section>`
}

/** A number stays with its sign for per cent. */
const escaped = (text: string): string => verbatim(text).replaceAll(/(\d) %/g, '$1\u00a0%')

/** Nothing in a text is markup; characters that no page may have are shown as such. */
const verbatim = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are the characters meant
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u202a-\u202e\u2066-\u2069]/g, '\ufffd')
