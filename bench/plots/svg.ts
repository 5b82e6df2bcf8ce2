/** A drawing with a background of its own, so that it can be read on light and dark pages, in the colours the reader's system prefers. */
export function svg(width: number, height: number, title: string, parts: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">`,
    '<!-- Drawn by bench/plots from bench/results: do not edit. -->',
    `<style>
  :root { --page: #ffffff; --ink: #1f2328; --faint: #59636e; --line: #d1d9e0; --a: #1f6feb; --b: #bc4c00; --c: #1a7f37; --d: #8250df }
  @media (prefers-color-scheme: dark) { :root { --page: #0d1117; --ink: #f0f6fc; --faint: #9198a1; --line: #3d444d; --a: #58a6ff; --b: #f0883e; --c: #3fb950; --d: #bc8cff } }
  text { font: 12px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: var(--ink); paint-order: stroke; stroke: var(--page); stroke-width: 4px; stroke-linejoin: round }
  .title { font-weight: 600; font-size: 14px } .faint { fill: var(--faint) } .grid { stroke: var(--line); stroke-width: 1 }
  .end { text-anchor: end } .middle { text-anchor: middle }
</style>`,
    `<rect width="${width}" height="${height}" rx="6" fill="var(--page)"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n')
}

export const text = (x: number, y: number, content: string, classes = '', fill = ''): string =>
  `<text x="${round(x)}" y="${round(y)}"${classes === '' ? '' : ` class="${classes}"`}${fill === '' ? '' : ` style="fill: ${fill}"`}>${escaped(content)}</text>`

export const line = (x1: number, y1: number, x2: number, y2: number): string =>
  `<line class="grid" x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"/>`

export const round = (value: number): number => Math.round(value * 10) / 10

const escaped = (content: string): string => content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
