// Writes what a release consists of, as CycloneDX JSON: `node tooling/sbom.ts <file>`. The command line with all it brings, and what is in the
// dashboard's pages. pnpm reads it from the lock file and the installed packages.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { readManifest, root } from './publishable.ts'

export function writeSbom(file: string): void {
  const filters = ['@sedi/cli', '@sedi/dashboard'].flatMap((name) => ['--filter', name])
  const options = ['--sbom-format', 'cyclonedx', '--sbom-spec-version', '1.6', '--sbom-type', 'application', '--prod', '--out', file]
  execFileSync('pnpm', [...filters, 'sbom', ...options], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'], shell: process.platform === 'win32' })
  nameProduct(file)
}

/** For several packages pnpm puts the workspace at the top, which nobody installs; here it is the command line. */
function nameProduct(file: string): void {
  const { name, version, description } = readManifest(join(root, 'apps/cli/package.json'))
  const workspace = readManifest(join(root, 'package.json')).name
  const sbom = JSON.parse(readFileSync(file, 'utf8'))
  const { 'bom-ref': ref } = sbom.metadata.component
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`
  if (sbom.metadata.component.name !== workspace) throw new Error(`expected ${workspace} at the top of pnpm’s SBOM; got ${sbom.metadata.component.name}`)
  Object.assign(sbom.metadata.component, { type: 'application', name, version, description, purl, 'bom-ref': purl })
  for (const dependency of sbom.dependencies) if (dependency.ref === ref) dependency.ref = purl
  writeFileSync(file, `${JSON.stringify(sbom, null, 2)}\n`)
}

if (process.argv[1] === import.meta.filename) {
  const [file] = process.argv.slice(2)
  if (file === undefined) throw new Error('expected the file to write; got nothing')
  writeSbom(resolve(file))
}
