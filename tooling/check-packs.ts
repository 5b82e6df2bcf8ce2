// Checks every tarball as npm would get it: manifest, contents, publint, types under every resolution, sizes. `--update` writes the budgets anew.
// Part of `npm run check`. Needs a build; no network.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { layOutConsumer } from './lay-out-consumer.ts'
import { entriesOf, type Manifest, type Packed, packAll, readManifest, root } from './publishable.ts'
import { folderBytes, runtimeClosure } from './runtime-closure.ts'

/** In kB (1,000 bytes). `tarball`: compressed; `import`: source that an import of each entry point loads; `install`: all files npm brings. */
type Budgets = {
  readonly tarball: Record<string, number>
  readonly import: Record<string, number>
  readonly install: Record<string, number>
}

/** What a measured size may grow by before somebody has to look at it. */
const room = 1.15
const installLimit = 250_000
const budgetFile = join(root, 'tooling/size-budgets.json')

const problems: string[] = []
const report = (name: string, message: string): void => {
  problems.push(`${name}: ${message}`)
}

const scratch = mkdtempSync(join(tmpdir(), 'sedi-packs-'))
try {
  const packed = await packAll(join(scratch, 'tarballs'))
  const consumer = join(scratch, 'consumer')
  layOutConsumer(consumer, packed)
  for (const one of packed) await checkTarball(one, join(consumer, 'node_modules', one.manifest.name))
  checkSizes(measure(packed, consumer))
  // The libraries only: with the command line would come every optional peer, and types have to hold without them.
  const libraries = packed.filter(({ manifest }) => manifest.exports !== undefined)
  layOutConsumer(consumer, libraries, ['@types/node'])
  checkTypes(consumer, libraries)
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
for (const problem of problems) process.stderr.write(`${problem}\n`)
process.exitCode = problems.length > 0 ? 1 : 0

async function checkTarball({ manifest: { name }, folder, tarball }: Packed, unpacked: string): Promise<void> {
  const bytes = readFileSync(tarball)
  const manifest = readManifest(join(unpacked, 'package.json'))
  checkManifest(manifest, folder)
  checkContents(name, createPackageFromTarballData(bytes).listFiles(), unpacked, join(root, folder))
  const { messages } = await publint({ pack: { tarball: new Uint8Array(bytes).buffer }, strict: true })
  for (const message of messages) report(name, formatMessage(message, manifest as Record<string, unknown>, { color: false }) ?? message.code)
  if (manifest.exports === undefined) return
  const { problems: found = [] } = { problems: [], ...(await checkPackage(createPackageFromTarballData(bytes))) }
  for (const { kind, ...where } of found) {
    // Everything is an ES module, for Node versions that can require() one: what attw calls “esm-only”.
    const old = JSON.stringify(where).match(/node10|node16-cjs/) !== null
    if (!old) report(name, `the types are wrong (${kind}): ${JSON.stringify(where)}`)
  }
}

function checkManifest(manifest: Manifest, folder: string): void {
  const { name, version, description, keywords, license, engines, files, publishConfig, repository } = manifest
  const expected = { description, keywords, license, engines: engines?.node, files, version }
  for (const [field, value] of Object.entries(expected)) if (value === undefined) report(name, `package.json has no “${field}”`)
  if (publishConfig?.access !== 'public' || publishConfig.provenance !== true) report(name, 'publishConfig needs access: public and provenance: true')
  if (repository !== undefined && repository.directory !== folder) report(name, `repository.directory is ${repository.directory}, not ${folder}`)
  const own = new Set([...Object.keys(manifest.dependencies ?? {}), ...Object.keys(manifest.peerDependencies ?? {})].filter((one) => one.startsWith('@sedi/')))
  for (const one of own) {
    const range = manifest.dependencies?.[one] ?? manifest.peerDependencies?.[one]
    if (range !== version) report(name, `depends on ${one} ${range}; all our packages have one version, here ${version}`)
  }
  for (const conditions of Object.values(manifest.exports ?? {})) {
    if (Object.keys(conditions).join() !== 'types,default')
      report(name, `exports in the tarball have the conditions ${Object.keys(conditions)}, not types and default`)
  }
}

/** Nothing of the tests, nothing of sources that are gone, no path of this machine, and licence and README are there. */
function checkContents(name: string, listed: readonly string[], unpacked: string, source: string): void {
  const files = listed.map((file) => file.replace(`/node_modules/${name}/`, ''))
  for (const file of ['LICENSE', 'README.md', 'package.json']) if (!files.includes(file)) report(name, `${file} is missing`)
  for (const file of files) {
    if (/\.(test|test-d|int|full|live)\.|fixtures\/|\.tsbuildinfo|\.env|__pycache__/.test(file)) report(name, `${file} does not belong in the tarball`)
    const original = /^dist\/(.+?)\.(?:d\.ts|js)$/.exec(file)?.[1]
    if (original !== undefined && !['ts', 'tsx', 'mjs'].some((end) => existsSync(join(source, 'src', `${original}.${end}`))))
      report(name, `${file} is left of a source that is gone; build again`)
    if (/\.(js|ts|json|txt)$/.test(file) && readFileSync(join(unpacked, file), 'utf8').includes(root)) report(name, `${file} contains the path ${root}`)
  }
}

function measure(packed: readonly Packed[], consumer: string): Budgets {
  const sizes: Budgets = { tarball: {}, import: {}, install: {} }
  for (const { manifest, folder, tarball } of packed) {
    const { name } = manifest
    sizes.tarball[name] = kB(statSync(tarball).size)
    for (const entry of entriesOf(manifest)) sizes.import[entry] = kB(importedBytes(entry, consumer))
    const brought = runtimeClosure(join(root, folder)).map((one) => (one.name.startsWith('@sedi/') ? join(consumer, 'node_modules', one.name) : one.folder))
    sizes.install[name] = kB([join(consumer, 'node_modules', name), ...brought].reduce((sum, one) => sum + folderBytes(one), 0))
  }
  return sizes
}

function kB(bytes: number): number {
  return Math.ceil(bytes / 1000)
}

function importedBytes(entry: string, cwd: string): number {
  const hook = join(root, 'tooling/imported-bytes.mjs')
  const code = `await import('${entry}')`
  const said = execFileSync(process.execPath, ['--no-warnings', '--import', hook, '--input-type=module', '--eval', code], { cwd, encoding: 'utf8' })
  return (JSON.parse(said) as { readonly bytes: number }).bytes
}

function checkSizes(sizes: Budgets): void {
  if (process.argv.includes('--update')) {
    const withRoom = (group: Record<string, number>): Record<string, number> =>
      Object.fromEntries(Object.entries(group).map(([name, size]) => [name, Math.ceil((size * room) / 10) * 10]))
    const budgets = { unit: 'kB', tarball: withRoom(sizes.tarball), import: withRoom(sizes.import), install: withRoom(sizes.install) }
    writeFileSync(budgetFile, `${JSON.stringify(budgets, null, 2)}\n`)
  }
  const budgets = JSON.parse(readFileSync(budgetFile, 'utf8')) as Budgets
  for (const kind of ['tarball', 'import', 'install'] as const) {
    for (const [name, size] of Object.entries(sizes[kind])) {
      const budget = budgets[kind][name]
      const advice = 'look at what grew; if it is worth it, node tooling/check-packs.ts --update writes the budgets anew'
      if (budget === undefined) report(name, `has no ${kind} budget; ${advice}`)
      else if (size > budget) report(name, `${kind} is ${size} kB, more than its budget of ${budget} kB; ${advice}`)
      if (kind === 'install' && size > installLimit) report(name, `an install is ${size} kB; the limit is ${installLimit} kB`)
    }
    for (const name of Object.keys(budgets[kind])) if (!(name in sizes[kind])) report(name, `has a ${kind} budget but is not published`)
  }
}

/** Compiles tooling/consumer and an import of every entry point, as projects with each kind of resolution do, library types checked as well. */
function checkTypes(consumer: string, packed: readonly Packed[]): void {
  const imports = packed.flatMap(({ manifest }) => entriesOf(manifest)).map((entry, i) => `export * as entry${i} from '${entry}'`)
  writeFileSync(join(consumer, 'every-entry.ts'), `${imports.join('\n')}\n`)
  writeFileSync(join(consumer, 'uses.ts'), readFileSync(join(root, 'tooling/consumer/uses.ts')))
  for (const resolution of [
    { module: 'nodenext', moduleResolution: 'nodenext' },
    { module: 'node20', moduleResolution: 'node16' },
    { module: 'esnext', moduleResolution: 'bundler' },
  ]) {
    const options = {
      ...resolution,
      target: 'es2024',
      lib: ['es2024', 'esnext.array', 'dom'],
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      noEmit: true,
      types: ['node'],
    }
    writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['every-entry.ts', 'uses.ts'] }))
    try {
      execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', consumer], { encoding: 'utf8', shell: process.platform === 'win32' })
    } catch (error) {
      report(`types under ${resolution.moduleResolution}`, `\n${(error as { readonly stdout: string }).stdout}`)
    }
  }
}
