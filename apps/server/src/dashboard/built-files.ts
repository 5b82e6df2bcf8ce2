import { readdirSync, readFileSync, statSync } from 'node:fs'
import { extname, join, sep } from 'node:path'

/** A file of the built dashboard, as it is and as it was compressed when it was built. */
export type BuiltFile = {
  readonly type: string
  readonly bytes: Buffer
  readonly br: Buffer | undefined
  readonly gzip: Buffer | undefined
  /** Its name has a hash of its content: it never changes. */
  readonly forEver: boolean
}

/** `page` is index.html; `files` the rest, by their paths: `/assets/index-1a2b3c.js`. */
export type BuiltFiles = { readonly page: BuiltFile; readonly files: ReadonlyMap<string, BuiltFile> }

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}

/** Written last when the dashboard is built (apps/dashboard/vite.config.ts): without it a build is not whole. */
const lastFile = 'index.html.gz'

/**
 * The dashboard in memory (about 1 MB): a request is answered from a table of names, so that no path it could send leads to a file. Read at the
 * first request, and again when it was built anew; the files of the build before stay, for pages that are open. Undefined while there is none.
 */
export function builtFiles(folder: string): () => BuiltFiles | undefined {
  let at: number | undefined
  let current: BuiltFiles | undefined
  let own: BuiltFiles['files'] = new Map()
  return () => {
    const builtAt = statSync(join(folder, lastFile), { throwIfNoEntry: false })?.mtimeMs
    if (builtAt === undefined || builtAt === at) return current
    const { page, files } = readAll(folder)
    current = { page, files: new Map([...own, ...files]) }
    own = files
    at = builtAt
    return current
  }
}

function readAll(folder: string): BuiltFiles {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => types[extname(name)] !== undefined)
  const all = new Map(names.map((name) => [`/${name.split(sep).join('/')}`, readOne(join(folder, name))]))
  const page = all.get('/index.html')!
  all.delete('/index.html')
  return { page, files: all }
}

const readOne = (file: string): BuiltFile => ({
  type: types[extname(file)]!,
  bytes: readFileSync(file),
  br: readIfThere(`${file}.br`),
  gzip: readIfThere(`${file}.gz`),
  forEver: file.split(sep).at(-2) === 'assets',
})

const readIfThere = (file: string): Buffer | undefined => (statSync(file, { throwIfNoEntry: false }) === undefined ? undefined : readFileSync(file))
