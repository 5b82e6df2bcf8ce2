// Checks the licence of everything a user gets: what npm installs with our packages, and what is copied into the dashboard's pages.
// Part of `npm run check`.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { publishable, readManifest, root } from './publishable.ts'
import { type Installed, runtimeClosure } from './runtime-closure.ts'

/** Licences that ask for nothing but their text and a name. Anything else is a decision for a person, written down here. */
const allowed = new Set(['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'CC0-1.0', 'ISC', 'MIT', 'MIT-0', 'Unlicense'])

/** Of `(MIT OR CC0-1.0)` one has to be allowed, of `MIT AND ISC` all. */
export function isAllowed(expression: string): boolean {
  const plain = expression.replace(/[()]/g, '')
  if (plain.includes(' OR ')) return plain.split(' OR ').some(isAllowed)
  return plain.split(' AND ').every((one) => allowed.has(one.trim()))
}

export function licenceProblems(): string[] {
  const roots = [...publishable().map(({ folder }) => folder), 'apps/dashboard']
  const all = new Map(roots.flatMap((folder) => runtimeClosure(join(root, folder))).map((one) => [one.folder, one]))
  const problems: string[] = []
  for (const { name, version, manifest } of all.values()) {
    const licence = manifest.license
    if (typeof licence !== 'string') problems.push(`${name} ${version} names no licence in its package.json`)
    else if (!isAllowed(licence)) problems.push(`${name} ${version} is under ${licence}, which is not on the list in tooling/check-licences.ts`)
  }
  return [...problems, ...dashboardProblems(runtimeClosure(join(root, 'apps/dashboard')))]
}

/** The pages contain code of others: the texts of its licences are shipped beside it; the build finds out which. */
function dashboardProblems(libraries: readonly Installed[]): string[] {
  const file = join(root, 'apps/server/dashboard/third-party-licences.txt')
  if (!existsSync(file)) return [`${file} is missing; npm test builds the dashboard`]
  const text = readFileSync(file, 'utf8')
  const imported = Object.keys(readManifest(join(root, 'apps/dashboard/package.json')).dependencies ?? {})
  return libraries.flatMap(({ name, version }) =>
    imported.includes(name) && !name.startsWith('@sedi/') && !text.includes(`${name} ${version}`)
      ? [`${name} ${version} is in the dashboard but not in its third-party-licences.txt`]
      : [],
  )
}

if (process.argv[1] === import.meta.filename) {
  const problems = licenceProblems()
  for (const problem of problems) process.stderr.write(`${problem}\n`)
  process.exitCode = problems.length > 0 ? 1 : 0
}
