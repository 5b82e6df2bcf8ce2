import { expect, it } from 'vitest'
import type { Report } from './report.ts'
import { reportHtml } from './report-html.ts'
import { reportMarkdown } from './report-markdown.ts'
import { reportText } from './report-text.ts'

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
    { kind: 'plot', name: 'kept by cost', alt: 'a "plot"', svg: '<svg role="graphics-document" aria-roledescription="x"></svg>' },
  ],
}

it('HTML: one page in the order of the parts, texts as they are, drawings inside', () => {
  const html = reportHtml(report)
  expect(html).toContain('<title>A &lt;b&gt; &amp; B</title>')
  expect(html).toContain('<p>seed_1 [x] &lt;i&gt;</p>')
  expect(html).toContain(
    '<thead><tr><td class="words"></td><th>A | C</th><th>B</th></tr></thead>\n<tbody>\n<tr><td class="words">kept</td><td>12</td><td>&lt;3</td></tr>',
  )
  expect(html).toContain('<figure role="img" tabindex="0" aria-label="a &quot;plot&quot;"><svg></svg></figure>')
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
  expect([...files]).toEqual([['cmp-kept by cost.svg', '<svg role="graphics-document" aria-roledescription="x"></svg>']])
})

const hostile = '</dd></section><script>alert(1)</script><img src=x onerror="alert(2)">\u001b[2J\u202e'

const texts: Report = {
  title: 'T',
  subtitle: 'of today',
  parts: [
    { kind: 'subheading', text: 'Sub' },
    { kind: 'figures', items: [{ name: 'kept', value: '12', meaning: `of 20 ${hostile}` }] },
    { kind: 'cards', items: [{ heading: hostile, texts: [['instruction', hostile]], remark: hostile }] },
    { kind: 'terms', items: [['seed', 'an example']] },
    {
      kind: 'table',
      words: [1],
      rows: [
        ['word', 'what it means'],
        ['kept', 'it passed every check there is and so it went into the pool'],
      ],
    },
  ],
}

it('whatever a model has written is text: no markup, no command to a terminal', () => {
  const html = reportHtml(texts)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: one of those meant
  expect(html).not.toMatch(/<script|<img|onerror="|\u001b|\u202e/)
  expect(html.match(/<section /g)).toHaveLength(1)
  expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
  expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"`)
  const text = reportText(texts)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are the characters meant
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/)
  expect(text).toContain('?[2J?')
})

it('for a terminal: wrapped at its width, tables aligned, plots left out', () => {
  expect(reportText(report, { columns: 40 })).toBe(`A <b> & B

FIGURES

B − A = +2 points, not *more*.

seed_1 [x] <i>

- one
- two

        A | C   B
  kept     12  <3`)
  const narrow = reportText({ ...texts, parts: texts.parts.slice(-2) }, { columns: 40 })
  expect(narrow.split('\n').filter((line) => line.length > 40)).toEqual([])
  expect(narrow).toContain('  kept  it passed every check there is\n        and so it went into the pool')
})

it('a table that is too wide for a terminal loses its last columns, and says so', () => {
  const wide: Report = {
    title: 'T',
    parts: [
      {
        kind: 'table',
        rows: [
          ['round', 'calls', 'written', 'per kept'],
          ['1', '30', '596', '$0.000143'],
        ],
      },
    ],
  }
  expect(reportText(wide, { columns: 30 })).toBe('T\n\n  round  calls  written\n  1         30      596\n  (1 more column on a wider terminal)')
})
