// What npm puts on a user's disk with a package: its dependencies, their dependencies and every peer that is not optional.
import { existsSync, globSync, realpathSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Manifest, readManifest } from './publishable.ts'

export type Installed = { readonly name: string; readonly version: string; readonly folder: string; readonly manifest: Manifest }

/** Follows node_modules as Node does, from the folder of a package. Ours are in it too; the package itself is not. */
export function runtimeClosure(folder: string): Installed[] {
  const found = new Map<string, Installed>()
  const visit = (from: string, names: readonly string[], optional: ReadonlySet<string>): void => {
    for (const name of names) {
      const at = findPackage(name, from)
      if (at === undefined) {
        if (optional.has(name)) continue
        throw new Error(`${name}, which ${from} depends on, is not installed; run npm test once, it installs what is missing`)
      }
      if (found.has(at)) continue
      const manifest = readManifest(join(at, 'package.json'))
      found.set(at, { name, version: manifest.version, folder: at, manifest })
      visit(at, ...neededBy(manifest))
    }
  }
  visit(folder, ...neededBy(readManifest(join(folder, 'package.json'))))
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name))
}

function neededBy(manifest: Manifest): [string[], Set<string>] {
  const optional = new Set(Object.keys(manifest.optionalDependencies ?? {}))
  const peers = Object.keys(manifest.peerDependencies ?? {}).filter((name) => manifest.peerDependenciesMeta?.[name]?.optional !== true)
  return [[...new Set([...Object.keys(manifest.dependencies ?? {}), ...peers, ...optional])], optional]
}

function findPackage(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name)
    if (existsSync(join(candidate, 'package.json'))) return realpathSync(candidate)
    if (dirname(folder) === folder) return undefined
  }
}

/** Bytes of all files under a folder. */
export function folderBytes(folder: string): number {
  return globSync('**/*', { cwd: folder, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)
}
