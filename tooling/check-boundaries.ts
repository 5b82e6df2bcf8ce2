// Checks that packages import what the table allows and nothing else. Run by `npm test`; prints every violation.
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export type Violation = { readonly file: string; readonly message: string }

/** Which of our packages each may depend on (docs/architecture.md has the picture). devDependencies of tests are free. */
export const allowed: Readonly<Record<string, readonly string[]>> = {
  core: [],
  spec: [],
  simulation: ['core', 'spec'],
  generators: ['spec', 'core', 'simulation'],
  trainers: ['spec', 'core'],
  evaluation: ['spec', 'core'],
  store: ['spec'],
  pipeline: ['spec', 'core'],
  testing: ['spec', 'simulation'],
  kit: ['core', 'spec', 'simulation', 'generators', 'trainers', 'evaluation', 'store', 'pipeline'],
  cli: ['kit', 'spec', 'server', 'testing'],
  server: ['kit', 'spec'],
  // Of it only the types of what the HTTP API answers; at run time a page knows the API and nothing else.
  dashboard: ['spec'],
}

/** Outside libraries, where the number is limited. */
const outside: Readonly<Record<string, readonly string[]>> = { core: [], spec: ['zod'], simulation: [] }

type Manifest = {
  readonly name: string
  readonly dependencies?: Record<string, string>
  readonly peerDependencies?: Record<string, string>
  readonly devDependencies?: Record<string, string>
}

export function findViolations(root: string): Violation[] {
  const found: Violation[] = []
  for (const manifestPath of globSync('{packages,apps}/*/package.json', { cwd: root })) {
    const folder = dirname(manifestPath)
    const manifest = JSON.parse(readFileSync(join(root, manifestPath), 'utf8')) as Manifest
    const name = manifest.name.replace('@sedi/', '')
    const report = (file: string, message: string): void => {
      found.push({ file, message })
    }
    if (allowed[name] === undefined) report(manifestPath, `the package ${manifest.name} is not in the table of allowed imports`)
    checkManifest(name, manifest, (message) => report(manifestPath, message))
    for (const file of globSync('src/**/*.{ts,tsx,mjs}', { cwd: join(root, folder) })) {
      const source = readFileSync(join(root, folder, file), 'utf8')
      checkSource(manifest, source, isTest(file), (message) => report(join(folder, file), message))
      if (name === 'dashboard' && !isTest(file)) checkOnlyApiTypes(source, (message) => report(join(folder, file), message))
      checkRelative(file, source, (message) => report(join(folder, file), message))
    }
  }
  return found
}

const isTest = (file: string): boolean => /\.test(-d)?\.tsx?$/.test(file) || file.includes('fixtures')

function checkManifest(name: string, manifest: Manifest, report: (message: string) => void): void {
  for (const dependency of Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })) {
    if (dependency.startsWith('@sedi/')) {
      if (!allowed[name]?.includes(dependency.slice(6))) report(`may not depend on ${dependency}`)
    } else if (outside[name] !== undefined && !outside[name].includes(dependency)) report(`may not depend on the outside library ${dependency}`)
  }
}

/** A specifier has no spaces or commas, unlike text in quotes that follows the words “from” and “import” in a sentence. */
const importPattern = /\b(?:from|import)\s*\(?\s*['"]([@\w.][\w@./:-]*)['"]/g

function checkSource(manifest: Manifest, source: string, test: boolean, report: (message: string) => void): void {
  for (const [, specifier] of source.matchAll(importPattern)) {
    if (specifier === undefined || specifier.startsWith('.') || specifier.startsWith('node:')) continue
    if (/^@sedi\/[^/]+\/src/.test(specifier)) report(`reaches into ${specifier}; import the package`)
    const imported = specifier
      .split('/')
      .slice(0, specifier.startsWith('@') ? 2 : 1)
      .join('/')
    if (imported === manifest.name) report(`imports its own package by name`)
    const declared = { ...manifest.dependencies, ...manifest.peerDependencies, ...(test ? manifest.devDependencies : {}) }
    if (!(imported in declared) && !(test && imported === 'vitest')) report(`imports ${imported}, which its package.json does not declare`)
  }
}

function checkOnlyApiTypes(source: string, report: (message: string) => void): void {
  for (const [line, specifier] of source.matchAll(/^\s*(?:import|export)\b[^'"]*from\s*['"](@sedi\/[^'"]+)['"]|import\(\s*['"]@sedi\/[^'"]+/gm))
    if (specifier !== '@sedi/spec/api' || !/^\s*import type\b/.test(line)) report(`may import nothing of ours but “import type … from '@sedi/spec/api'”`)
}

function checkRelative(file: string, source: string, report: (message: string) => void): void {
  for (const [, specifier] of source.matchAll(importPattern)) {
    if (specifier?.startsWith('.') && join(dirname(file), specifier).startsWith('..')) report(`reaches out of its package with ${specifier}`)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = join(dirname(fileURLToPath(import.meta.url)), '..')
  const violations = findViolations(root)
  for (const { file, message } of violations) process.stderr.write(`${file}: ${message}\n`)
  process.exitCode = violations.length > 0 ? 1 : 0
}
