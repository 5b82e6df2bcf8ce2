import { expect, it } from 'vitest'
import type { Report } from './report.ts'
import { reportHtml } from './report-html.ts'
import { reportMarkdown } from './report-markdown.ts'

const report: Report = {
  title: 'A <b> & B',
  parts: [
    { kind: 'heading', text: 'Figures' },
    { kind: 'quote', text: 'B − A = +2 points,\nnot *more*.' },
    { kind: 'text', text: 'seed_1 [x] <i>' },
    { kind: 'list', items: ['one', 'two'] },
    {
      kind: 'table',
      rows: [
        ['', 'A | C', 'B'],
        ['kept', '12', '<3'],
      ],
    },
    { kind: 'plot', name: 'kept by cost', alt: 'a "plot"', svg: '<svg></svg>' },
  ],
}

it('HTML: one page in the order of the parts, texts as they are, drawings inside', () => {
  const html = reportHtml(report)
  expect(html).toContain('<title>A &lt;b&gt; &amp; B</title>')
  expect(html).toContain('<p>seed_1 [x] &lt;i&gt;</p>')
  expect(html).toContain('<thead><tr><th></th><th>A | C</th><th>B</th></tr></thead>\n<tbody>\n<tr><td>kept</td><td>12</td><td>&lt;3</td></tr>')
  expect(html).toContain('<figure role="img" aria-label="a &quot;plot&quot;"><svg></svg></figure>')
  expect(html.indexOf('<h2>Figures')).toBeLessThan(html.indexOf('<blockquote>'))
  expect(html).not.toMatch(/<script|src=|href=/)
})

it('Markdown: markup in texts is shown, drawings are files beside it', () => {
  const { text, files } = reportMarkdown(report, 'cmp-')
  expect(text).toBe(`# A \\<b\\> & B

## Figures

> B − A = +2 points, not \\*more\\*.

seed\\_1 \\[x\\] \\<i\\>

- one
- two

|  | A \\| C | B |
| --- | ---: | ---: |
| kept | 12 | \\<3 |

![a "plot"](cmp-kept%20by%20cost.svg)
`)
  expect([...files]).toEqual([['cmp-kept by cost.svg', '<svg></svg>']])
})
