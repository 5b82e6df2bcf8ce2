import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { hasPython } from './check-page.ts'
import { checkDocs, type DocsResult } from './main.ts'

// Each page has one defect, and the checker must name it at its line.
const root = join(import.meta.dirname, '../..')
mkdirSync(join(root, 'docs/.blocks'), { recursive: true })
const folder = mkdtempSync(join(root, 'docs/.blocks/broken-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const block = (info: string, code: string): string => `\`\`\`${info}\n${code}\n\`\`\`\n`
const pages: Record<string, { readonly text: string; readonly line: number; readonly says: RegExp }> = {
  'ts-types': { text: `# Page\n\n${block('ts', "import { hash32 } from '@sedi/core'\nhash32(1)")}`, line: 5, says: /error TS2345/ },
  'ts-runs': { text: block('ts', "throw new Error('no such luck')"), line: 2, says: /exit code 1.*no such luck/s },
  'ts-prints': { text: block('ts', 'console.log(1 + 1)') + block('text', '3'), line: 5, says: /prints something else/ },
  'sh-fails': { text: block('sh', 'echo here\nfalse'), line: 2, says: /exit code 1, expected 0\s+here/ },
  'sh-exit': { text: block('sh {exit=3}', 'true'), line: 2, says: /exit code 0, expected 3/ },
  'sh-prints': { text: `${block('sh', 'echo 1; echo 2')}\n${block('text', '1\n…\n3')}`, line: 6, says: /prints something else/ },
  'sh-option': { text: block('sh', 'sedi runs --no-such-option'), line: 2, says: /unknown option/ },
  'sh-placeholder': { text: block('sh', 'sedi explain <run> <thing>'), line: 2, says: /in place of <thing>/ },
  'sh-package': { text: block('sh', 'npm install @sedi/nothing'), line: 2, says: /neither ours/ },
  'yaml-key': { text: block('yaml', 'filter: { treshold: 0.8 }'), line: 2, says: /filter\.treshold: unknown key; did you mean “threshold”/ },
  'yaml-parts': { text: block('yaml', 'trainer: { id: nobody }'), line: 2, says: /trainer/ },
  'yaml-syntax': { text: block('yaml {check=syntax reason="not ours"}', 'a: [1, 2'), line: 3, says: /Flow sequence/ },
  json: { text: block('json', '{ "filter": { "threshold": 2 } }'), line: 2, says: /filter\.threshold/ },
  'json-syntax': { text: block('json', '{ "seeds": }'), line: 2, says: /Unexpected token/ },
  ...(hasPython && { python: { text: block('python', 'def f(:'), line: 2, says: /SyntaxError/ } }),
  'added-types': {
    text: block(
      'ts',
      "// packages/core/src/composers/wrong.ts\nimport type { BatchComposer } from './composer.ts'\nexport default { id: 1 } satisfies BatchComposer",
    ),
    line: 4,
    says: /error TS/,
  },
  'dead-link': { text: '# A\n\nSee [b](#c) and [d](nowhere.md).\n', line: 3, says: /no such heading; it has a/ },
  'dead-file': { text: '\n[d](../nowhere.md)\n', line: 2, says: /no such file/ },
  'no-reason': { text: block('sh {check=no}', 'true'), line: 1, says: /needs a reason/ },
  'no-language': { text: block('', 'true'), line: 1, says: /needs a language/ },
  'unknown-language': { text: block('ruby', 'true'), line: 1, says: /nothing checks “ruby”/ },
  'unknown-mark': { text: block('sh {chek=no reason="x"}', 'true'), line: 1, says: /unknown mark “chek=no”/ },
}
const fileOf = (name: string): string => relative(root, join(folder, `${name}.md`)).replaceAll('\\', '/')
const good = [
  block('sh', 'GREETING=hello; mkdir inside; cd inside'),
  block('sh', 'echo "$GREETING from $(basename "$PWD")"'),
  block('text', 'hello from inside'),
  block('yaml {file=mine.yaml}', 'seeds: sedi:general\ngenerator: simulated\ntrainer: none\ntarget: { calls: 2 }\nrounds: 1'),
  block('sh', 'cd ..; sedi run mine.yaml --json >run.json 2>/dev/null\nsedi status <run> --no-baseline --json >status.json\ngrep -c done status.json'),
  block('sh {check=no reason="needs a GPU"}', 'exit 1'),
  block('ts', "console.log((await fetch('https://api.example.com/v1/models')).status)"),
  block('text', '200'),
].join('\n')

let result: DocsResult
beforeAll(async () => {
  for (const [name, { text }] of Object.entries(pages)) writeFileSync(join(folder, `${name}.md`), text)
  writeFileSync(join(folder, 'good.md'), good)
  result = await checkDocs(root, { only: [...Object.keys(pages), 'good'].map(fileOf) })
}, 600_000)

it.each(Object.entries(pages))('finds what is wrong with %s, and where', (name, { line, says }) => {
  const found = result.problems.filter(({ file }) => file === fileOf(name))
  expect(found[0]).toMatchObject({ line, message: expect.stringMatching(says) })
})

it('finds nothing wrong with a page that is right, and says what it left out and why', () => {
  expect(result.problems.filter(({ file }) => file === fileOf('good'))).toEqual([])
  expect(result.summary).toMatch(/good\.md:\d+ sh check=no: needs a GPU/)
})
