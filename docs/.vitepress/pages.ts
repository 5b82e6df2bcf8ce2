import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..')

/** A heading of the sidebar with its pages: files of the repository, or patterns whose files are taken in order of their names. */
type Section = { readonly text: string; readonly files: readonly string[]; readonly collapsed?: boolean }

/** Every page of the site, in order. A page that is not there yet is left out; a file of `docs/` that is not listed fails the build. */
const sections: readonly Section[] = [
  {
    text: 'Start here',
    files: ['docs/start.md', 'docs/first-run.md', 'docs/setting-up.md', 'docs/how-sedi-works.md', 'docs/recipes.md', 'docs/comparison.md'],
  },
  {
    text: 'Using it',
    files: [
      ...['docs/control-cost.md', 'docs/checks.md', 'docs/similarity.md', 'docs/trainers.md', 'docs/report.md', 'docs/exporting.md', 'docs/pushing.md'],
      ...['docs/importing.md', 'docs/three-seeds.md', 'docs/durability.md', 'docs/logs.md', 'docs/dashboard.md'],
    ],
  },
  { text: 'For a team', files: ['docs/server.md', 'docs/team.md', 'docs/scaling-out.md', 'docs/container.md'] },
  {
    text: 'Adding to it',
    files: ['docs/adding-a-provider.md', 'docs/adding-a-trainer.md', 'docs/adding-an-evaluator.md', 'docs/adding-a-composer.md', 'docs/one-package-alone.md'],
  },
  {
    text: 'Reference',
    files: [
      ...['configuration', 'command-line', 'recipes', 'trainers', 'presets', 'http-api'].map((name) => `docs/reference/${name}.md`),
      'docs/dictionary.md',
    ],
  },
  { text: 'Public API', files: ['docs/reference/api/*.md'], collapsed: true },
  { text: 'Packages', files: ['packages/*/README.md', 'apps/*/README.md', 'packages/trainers/python/README.md'], collapsed: true },
  { text: 'Evidence', files: ['docs/reproducing.md', 'docs/reproduction/*.md', 'docs/reproduction/*/report.md'] },
  { text: 'Benchmarks', files: ['bench/results/*.md'], collapsed: true },
  {
    text: 'The project',
    files: [
      'docs/architecture.md',
      'CONTRIBUTING.md',
      'SECURITY.md',
      'docs/upgrading.md',
      'docs/releasing.md',
      'docs/*.md',
      'docs/session/*.md',
      'docs/reference/*.md',
    ],
  },
  { text: 'Decisions', files: ['docs/decisions/*.md'], collapsed: true },
]

export type Page = { readonly file: string; readonly link: string; readonly title: string }

/** Sections with the pages that exist. `docs/*.md` and the like at the end take what no section names; throws when a page of `docs` would still be unreachable. */
export function listPages(): { readonly text: string; readonly collapsed: boolean | undefined; readonly pages: readonly Page[] }[] {
  const seen = new Set(['docs/index.md'])
  const named = new Set(sections.flatMap(({ files }) => files))
  const listed = sections.map(({ text, files, collapsed }) => {
    const found = files.flatMap((name) => {
      const pattern = name.includes('*')
      const matches = pattern ? globSync(name, { cwd: root }).sort() : existsSync(join(root, name)) ? [name] : []
      return matches.map((file) => file.replaceAll('\\', '/')).filter((file) => !seen.has(file) && (!pattern || !named.has(file)) && seen.add(file))
    })
    return { text, collapsed, pages: found.map((file) => ({ file, link: `/${siteNameOf(file)}`, title: titleOf(file) })) }
  })
  const lost = globSync('docs/**/*.md', { cwd: root, exclude: (name) => name === 'node_modules' || name.startsWith('.') }).filter(
    (file) => !seen.has(file.replaceAll('\\', '/')),
  )
  if (lost.length > 0) throw new Error(`No section of docs/.vitepress/pages.ts lists ${lost.join(', ')}`)
  return listed
}

/** Address of a file of the repository within the site, without an ending. */
export function siteNameOf(file: string): string {
  const name = file.replace(/\.md$/, '')
  if (name === 'README') return ''
  if (/^[A-Z]+$/.test(name)) return name.toLowerCase()
  return name
    .replace(/^docs\/index$/, '')
    .replace(/^docs\//, '')
    .replace(/^bench\/results\//, 'benchmarks/')
    .replace(/^(?:packages|apps)\/(.+)\/README$/, 'packages/$1')
    .replace(/^decisions\/\d{4}-\d\d-\d\d-/, 'decisions/')
    .replace(/\/report$/, '')
}

function titleOf(file: string): string {
  const heading = /^# (.+)$/m.exec(readFileSync(join(root, file), 'utf8'))?.[1]
  return heading?.replaceAll('`', '') ?? basename(file, '.md')
}
