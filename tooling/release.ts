// The steps of a release, each a command of its own and safe to repeat (docs/releasing.md):
//   version                              applies the changesets: versions, CHANGELOGs, lock file
//   unpublished                          prints “version=…”, empty when npm has it already
//   pack <folder> [--repository <url>]   tarballs, SBOM, checksums and notes; the URL goes into the manifests, provenance compares it
//   try <folder> [--quickstart full|short] [--node 22,24,26]
//   publish <folder> [--dry-run]         what npm does not have yet, those first that others depend on
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { unpack } from './lay-out-consumer.ts'
import { type Packed, packAll, publishable, readManifest, root, tarballIn } from './publishable.ts'
import { writeSbom } from './sbom.ts'
import { nodeVersions, tryTarballs } from './try-tarballs.ts'

/** npm exchanges the token of a GitHub workflow for the right to publish from here on. */
const oldestNpm = [11, 5, 1]

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    repository: { type: 'string' },
    quickstart: { type: 'string', default: 'short' },
    node: { type: 'string', default: nodeVersions.join() },
    'dry-run': { type: 'boolean', default: false },
  },
})
const commands: Record<string, (folder: string) => void | Promise<void>> = {
  version: applyChangesets,
  unpublished: () => console.log(`version=${isPublished('@sedi/cli', currentVersion()) ? '' : currentVersion()}`),
  pack,
  try: tryAll,
  publish,
}
const [command = '', folder] = positionals
const needsFolder = ['pack', 'try', 'publish'].includes(command)
if (commands[command] === undefined || (needsFolder && folder === undefined)) {
  console.error(`expected ${Object.keys(commands).join(', ')}, with a folder for the last three; got “${process.argv.slice(2).join(' ')}”`)
  process.exitCode = 2
} else await commands[command](resolve(folder ?? '.'))

function applyChangesets(): void {
  run('pnpm', 'exec', 'changeset', 'version')
  run('pnpm', 'install', '--lockfile-only')
}

function currentVersion(): string {
  return readManifest(join(root, 'apps/cli/package.json')).version
}

function isPublished(name: string, version: string): boolean {
  try {
    return execFileSync('npm', ['view', `${name}@${version}`, 'version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim() === version
  } catch (error) {
    if (/E404/.test((error as { readonly stderr: string }).stderr)) return false
    throw error
  }
}

async function pack(into: string): Promise<void> {
  run('pnpm', 'exec', 'turbo', 'run', 'build', '--output-logs=errors-only')
  const packed = await packAll(into)
  if (values.repository !== undefined) for (const one of packed) nameRepository(values.repository, one)
  const sbom = join(into, 'sbom.cdx.json')
  writeSbom(sbom)
  const sums = [...packed.map(({ tarball }) => tarball), sbom].map(
    (file) => `${createHash('sha256').update(readFileSync(file)).digest('hex')}  ${basename(file)}`,
  )
  writeFileSync(join(into, 'SHA256SUMS'), `${sums.join('\n')}\n`)
  writeFileSync(join(into, 'notes.md'), notes(packed))
  console.log(`${packed.length} tarballs of ${currentVersion()} in ${into}`)
}

/** The manifests do not know where the repository lives; the workflow that publishes does. Packs each tarball again with the address in it. */
function nameRepository(url: string, { folder: directory, tarball }: Packed): void {
  const scratch = mkdtempSync(join(tmpdir(), 'sedi-pack-'))
  try {
    unpack(tarball, scratch)
    const file = join(scratch, 'package.json')
    const links = { repository: { type: 'git', url: `git+${url}.git`, directory }, homepage: `${url}#readme`, bugs: `${url}/issues` }
    writeFileSync(file, JSON.stringify({ ...readManifest(file), ...links }, null, 2))
    execFileSync('npm', ['pack', scratch, '--ignore-scripts', '--pack-destination', dirname(tarball)], { stdio: ['ignore', 'ignore', 'pipe'] })
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** What the changesets said, once each, though every package they name has it in its CHANGELOG. */
function notes(packed: readonly Packed[]): string {
  const entries = packed.flatMap(({ folder: directory }) => {
    const file = join(root, directory, 'CHANGELOG.md')
    const [, latest = ''] = existsSync(file) ? readFileSync(file, 'utf8').split(/^## .*\n/m) : []
    return latest.split(/^(?=- )/m).filter((entry) => entry.startsWith('- ') && !entry.startsWith('- Updated dependencies'))
  })
  const texts = entries.map((entry) => entry.replace(/^(### .*|- @sedi\/\S+)$/gm, '').trim())
  return `${[...new Set(texts)].join('\n')}\n`
}

async function tryAll(tarballs: string): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'sedi-tarballs-'))
  try {
    for (const node of values.node.split(',')) {
      const quickstart = values.quickstart === 'full' ? 'full' : 'short'
      const trial = await tryTarballs({ packed: inFolder(tarballs), node, folder: join(scratch, node), quickstart })
      console.log(JSON.stringify(trial, null, 2))
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

function publish(tarballs: string): void {
  const version = execFileSync('npm', ['--version'], { encoding: 'utf8' }).trim().split('.').map(Number)
  if (isBefore(version, oldestNpm)) throw new Error(`expected npm ${oldestNpm.join('.')} or newer, for trusted publishing; this is ${version.join('.')}`)
  for (const { manifest, tarball } of inFolder(tarballs)) {
    const scratch = mkdtempSync(join(tmpdir(), 'sedi-publish-'))
    unpack(tarball, scratch)
    const { repository } = readManifest(join(scratch, 'package.json'))
    rmSync(scratch, { recursive: true, force: true })
    if (repository === undefined) throw new Error(`${basename(tarball)} names no repository, which provenance needs; pack it again with --repository <url>`)
    const { name } = manifest
    if (isPublished(name, manifest.version)) console.log(`${name}@${manifest.version} is on npm already`)
    else run('npm', 'publish', tarball, '--access', 'public', '--provenance', ...(values['dry-run'] ? ['--dry-run'] : []))
  }
}

function inFolder(tarballs: string): Packed[] {
  return publishable().map((one) => {
    const tarball = tarballIn(tarballs, one)
    if (!existsSync(tarball)) throw new Error(`expected ${tarball}; make it with: npm run release -- pack ${tarballs}`)
    return { ...one, tarball }
  })
}

function isBefore(version: readonly number[], limit: readonly number[]): boolean {
  const at = limit.findIndex((part, i) => version[i] !== part)
  return at >= 0 && (version[at] ?? 0) < limit[at]!
}

function run(program: string, ...args: string[]): void {
  execFileSync(program, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], shell: process.platform === 'win32' })
}
