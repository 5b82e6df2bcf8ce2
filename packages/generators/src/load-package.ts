import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { SediError } from '@sedi/spec'

/** An npm package by its plain name: no path, no address, no file inside it. */
export const packageName = /^(?:@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*$/

export type PackageRequest = {
  readonly name: string
  /** Whose `node_modules`, or those of a folder above it, are looked in first; then those where SeDi is installed. */
  readonly folder: string
  /** Who wants it, for messages. */
  readonly adapter: string
  /** What to type after `npm install`. @default the name */
  readonly install?: string | undefined
}

/**
 * Imports an installed package that a configuration names, or that is too heavy to be a dependency. Nothing is downloaded, and a name cannot
 * point at a file. Throws `missing-dependency`, saying what to install where.
 */
export async function loadPackage({ name, folder, adapter, install = name }: PackageRequest): Promise<Readonly<Record<string, unknown>>> {
  if (!packageName.test(name)) throw new SediError('invalid-config', `${adapter}: expected the plain name of an npm package, got ${JSON.stringify(name)}.`)
  const entry = entryOf(name, pathToFileURL(join(folder, 'package.json')).href) ?? entryOf(name, import.meta.url)
  if (entry === undefined)
    throw new SediError('missing-dependency', `${adapter}: the package ${name} is not installed in ${folder}. Run there: npm install ${install}`)
  try {
    return (await import(pathToFileURL(entry).href)) as Readonly<Record<string, unknown>>
  } catch (cause) {
    throw new SediError('missing-dependency', `${adapter}: the package ${name} cannot be loaded: ${(cause as Error).message}`, { cause })
  }
}

function entryOf(name: string, from: string): string | undefined {
  const manifestFile = manifestOf(name, from)
  if (manifestFile === undefined) return undefined
  const manifest = JSON.parse(readFileSync(manifestFile, 'utf8')) as { readonly name?: unknown; readonly exports?: unknown; readonly main?: unknown }
  if (manifest.name !== name) return undefined
  const target = conditional(rootOf(manifest.exports)) ?? (typeof manifest.main === 'string' ? manifest.main : 'index.js')
  const folder = join(manifestFile, '..')
  const entry = join(folder, target)
  if (relative(folder, entry).startsWith('..')) throw new SediError('missing-dependency', `The package ${name} points outside itself: ${target}.`)
  return entry
}

function manifestOf(name: string, from: string): string | undefined {
  try {
    return findPackageJSON(name, from)
  } catch {
    return undefined
  }
}

const rootOf = (exports: unknown): unknown => (typeof exports === 'object' && exports !== null && '.' in exports ? exports['.'] : exports)

/** What `import` takes of a package’s `exports`. */
function conditional(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  for (const [condition, target] of Object.entries(value)) {
    if (!['node', 'import', 'default'].includes(condition)) continue
    const found = conditional(target)
    if (found !== undefined) return found
  }
  return undefined
}
