// Which packages are published, and how they are packed.
import { execFile } from 'node:child_process'
import { globSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..')

export type Manifest = {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly description?: string
  readonly keywords?: readonly string[]
  readonly license?: string
  readonly repository?: { readonly type: string; readonly url: string; readonly directory?: string }
  readonly engines?: { readonly node?: string }
  readonly files?: readonly string[]
  readonly bin?: Record<string, string>
  readonly exports?: Record<string, Record<string, string>>
  readonly publishConfig?: { readonly access?: string; readonly provenance?: boolean; readonly exports?: unknown }
  readonly dependencies?: Record<string, string>
  readonly optionalDependencies?: Record<string, string>
  readonly peerDependencies?: Record<string, string>
  readonly peerDependenciesMeta?: Record<string, { readonly optional?: boolean }>
}

export type Package = { readonly folder: string; readonly manifest: Manifest }
export type Packed = Package & { readonly tarball: string }

/** The packages that go to npm, those that others depend on first. */
export function publishable(): Package[] {
  const left = globSync('{packages,apps}/*/package.json', { cwd: root })
    .sort()
    .map((file) => ({ folder: dirname(file), manifest: readManifest(join(root, file)) }))
    .filter(({ manifest }) => manifest.private !== true)
  const ordered: Package[] = []
  while (left.length > 0) {
    const names = new Set(left.map(({ manifest }) => manifest.name))
    const next = left.findIndex(({ manifest }) => Object.keys(manifest.dependencies ?? {}).every((name) => !names.has(name)))
    if (next < 0) throw new Error(`packages depend on each other in a circle: ${[...names].join(', ')}`)
    ordered.push(...left.splice(next, 1))
  }
  return ordered
}

/** Packs every published package as it would go to npm. They have to be built. */
export async function packAll(into: string): Promise<Packed[]> {
  rmSync(into, { recursive: true, force: true })
  mkdirSync(into, { recursive: true })
  const packed: Packed[] = []
  for (const one of publishable()) {
    const tarball = tarballIn(into, one)
    await promisify(execFile)('pnpm', ['pack', '--out', tarball], { cwd: join(root, one.folder), shell: process.platform === 'win32', maxBuffer: 1e8 })
    packed.push({ ...one, tarball })
  }
  return packed
}

/** Where the tarball of a package lies in a folder of them: what npm would name it. */
export function tarballIn(folder: string, { manifest: { name, version } }: Package): string {
  return join(folder, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`)
}

/** Contract suites run in vitest, an optional peer of the package that has them. */
const needsVitest = '@sedi/testing/contracts'

/** What can be imported without any optional peer: `@sedi/core`, `@sedi/core/node`, … */
export function entriesOf({ name, exports = {} }: Manifest): string[] {
  return Object.keys(exports)
    .map((path) => name + path.slice(1))
    .filter((entry) => entry !== needsVitest)
}

export function readManifest(file: string): Manifest {
  return JSON.parse(readFileSync(file, 'utf8')) as Manifest
}
