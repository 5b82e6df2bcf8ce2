import { globSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Block, type Problem, readBlocks } from './blocks.ts'
import { checkLinks } from './check-links.ts'
import { checkPage, type Outcome, sourceOf } from './check-page.ts'
import { checkTypes } from './check-typescript.ts'
import { createStandIn } from './stand-in.ts'

/** Pages whose blocks are checked. Reports and records say what was, once, and the reference is generated: they are not. */
const pages = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'docs/**/*.md', 'packages/**/README.md', 'apps/*/README.md', 'examples/**/*.md']
const records = /node_modules|dist\/|^docs\/(reference|reproduction|decisions|session)\/|^docs\/\./

export type DocsResult = { readonly problems: readonly Problem[]; readonly summary: string }

/** Pages whose links are checked: records and the generated reference too. */
const everyPage = (root: string): string[] =>
  [...pages, 'bench/results/*.md']
    .flatMap((pattern) => globSync(pattern, { cwd: root, exclude: (name) => name === 'node_modules' || name === '.blocks' }))
    .map((file) => file.replaceAll('\\', '/'))

/**
 * Checks the code blocks of pages (all of the repository's by default) and says how each was. `full` includes blocks marked `check=full`.
 * `root` is the repository; pages are named from it.
 */
export async function checkDocs(
  root: string,
  { full = false, only = [] }: { readonly full?: boolean; readonly only?: readonly string[] } = {},
): Promise<DocsResult> {
  const files = (only.length > 0 ? [...only] : pages.flatMap((pattern) => globSync(pattern, { cwd: root, exclude: (name) => name === 'node_modules' })))
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => only.length > 0 || !records.test(file))
    .sort()
  const read = files.map((file) => readBlocks(file, readFileSync(join(root, file), 'utf8')))
  const blocks = read.flatMap((page) => page.blocks)
  const problems: Problem[] = read.flatMap((page) => page.problems)
  const linked = only.length > 0 ? files : everyPage(root)
  problems.push(...linked.flatMap((file) => checkLinks(root, file, readFileSync(join(root, file), 'utf8'))))
  const wrongPages = new Set(read.flatMap((page) => page.problems).map(({ file }) => file))
  const outcomes = new Map<Block, Outcome>()
  const standIn = await createStandIn(root)
  try {
    const typed = blocks.filter(
      (block) => block.language === 'ts' && block.marks.check !== 'no' && sourceOf(block) === undefined && !wrongPages.has(block.file),
    )
    const typeProblems = await checkTypes(root, standIn.blocksFolder, typed, standIn.env)
    problems.push(...typeProblems)
    const waiting = read.filter(
      ({ blocks: [first] }) => first !== undefined && !wrongPages.has(first.file) && !typeProblems.some(({ file }) => file === first.file),
    )
    // Two at a time: most of a page's time is processes that start.
    await Promise.all(
      [0, 1].map(async () => {
        for (let page = waiting.shift(); page !== undefined; page = waiting.shift()) {
          const result = await checkPage(page.blocks, { root, standIn, full })
          problems.push(...result.problems)
          for (const [block, outcome] of result.outcomes) outcomes.set(block, outcome)
        }
      }),
    )
  } finally {
    await standIn.close()
    rmSync(standIn.blocksFolder, { recursive: true, force: true })
  }
  return { problems: problems.sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line), summary: summarise(files.length, outcomes) }
}

function summarise(pageCount: number, outcomes: ReadonlyMap<Block, Outcome>): string {
  const count = (wanted: Outcome): number => [...outcomes.values()].filter((outcome) => outcome === wanted).length
  const partly = [...outcomes.keys()].filter(({ marks }) => marks.reason !== undefined)
  return [
    `${pageCount} pages, ${outcomes.size} blocks: ${count('run')} run, ${count('checked')} checked, ${count('left out')} left out, ${count('plain text')} plain text` +
      (count('later') > 0 ? `, ${count('later')} for npm run test:full` : ''),
    ...partly.map(({ file, line, language, marks }) => `  ${file}:${line} ${language} check=${marks.check}: ${marks.reason}`),
  ].join('\n')
}
