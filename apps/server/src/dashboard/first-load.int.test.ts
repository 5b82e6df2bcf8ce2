import { describe, expect, it } from 'vitest'
import { type BuiltFile, type BuiltFiles, builtFiles } from './built-files.ts'
import { dashboardFolder } from './serve-dashboard.ts'

const built = builtFiles(dashboardFolder)()
const pages = ['runs', 'new-run', 'compare', 'overview', 'instructions', 'map', 'seeds']
const KB = 1000

/** What a file names of the others: scripts it begins with or may load later, with what is loaded ahead of these (Vite's `mapDeps`). */
function namedIn({ bytes }: BuiltFile, page: string): string[] {
  const source = bytes.toString()
  const [list = '', names = ''] = /m\.f=\[([^\]]*)\]/.exec(source) ?? []
  const ahead = names.split(',').map((name) => name.slice(1, -1))
  const later = [...source.matchAll(/import\(`\.\/([\w-]+\.js)`\),(?:__vite__mapDeps\(\[([\d,]*)\]|\[\])/g)].filter(([, name]) => isWanted(name!, page))
  const others = [...source.replace(list, '').matchAll(/[\w-]+-[\w-]{8}\.(?:js|css|svg)/g)].map(([name]) => name).filter((name) => isWanted(name, page))
  return [...others, ...later.flatMap(([, , places = '']) => places.split(',').map((place) => ahead[Number(place)]!.replace('assets/', '')))]
}

/** Not the script of another page. */
const isWanted = (name: string, page: string): boolean => !pages.some((other) => other !== page && name.slice(0, -12) === other)

/** Every file a page may load until all of it is drawn, from the first request on. */
function filesOf(page: string, { page: html, files }: BuiltFiles): BuiltFile[] {
  const found = new Set<string>()
  const follow = (file: BuiltFile): void => {
    for (const name of namedIn(file, page)) {
      const path = `/assets/${name}`
      if (found.has(path)) continue
      found.add(path)
      expect(files.has(path), `${path}, which another file names`).toBe(true)
      follow(files.get(path)!)
    }
  }
  follow(html)
  return [html, ...[...found].map((path) => files.get(path)!)]
}

describe('the built dashboard', () => {
  it('is there', () => {
    expect(built, 'build it: pnpm exec turbo run build --filter=@sedi/dashboard').toBeDefined()
  })

  it('has every file in both compressed forms', () => {
    const { page, files } = built!
    for (const [path, file] of [['/index.html', page] as const, ...files]) expect(file.br !== undefined && file.gzip !== undefined, path).toBe(true)
  })

  it.each(pages)('sends less than 300 KB for a first look at the page %s, charts and all', (page) => {
    const files = filesOf(page, built!)
    expect(files.map(({ type }) => type)).toEqual(expect.arrayContaining([expect.stringContaining('css'), expect.stringContaining('javascript')]))
    const size = files.reduce((sum, { br }) => sum + br!.length, 0)
    expect(size).toBeGreaterThan(50 * KB) // fewer: files were not found
    expect(size).toBeLessThan(300 * KB)
  })

  it('sends less than 150 KB for the list of runs, even where a browser knows gzip only', () => {
    expect(filesOf('runs', built!).reduce((sum, { gzip }) => sum + gzip!.length, 0)).toBeLessThan(150 * KB)
  })

  it('has no script or style inside its page, which its policy would refuse', () => {
    const html = built!.page.bytes.toString()
    expect(html.match(/<script\b(?![^>]*\bsrc=)|<style\b|\sstyle=|\son\w+=/g)).toBeNull()
    expect(html).toContain('<script type="module"')
  })
})
