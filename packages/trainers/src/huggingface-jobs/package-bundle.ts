import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageFolder } from '../python-job/environment.ts'

export type PackageBundle = {
  /** Where it is in the repository; another version has another name. */
  readonly path: string
  readonly sha256: string
  readonly bytes: Buffer
}

/** Our Python trainer and the lock of what it needs, in one file: `{ "files": { name: text } }`. The machine compares its SHA-256. */
export function bundlePackage(): PackageBundle {
  const source = readdirSync(join(packageFolder, 'src', 'sedi_trainer')).filter((name) => name.endsWith('.py'))
  const names = ['requirements.lock', ...source.map((name) => `src/sedi_trainer/${name}`)].sort()
  const files = Object.fromEntries(names.map((name) => [name, readFileSync(join(packageFolder, name), 'utf8')]))
  const bytes = Buffer.from(JSON.stringify({ files }))
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return { path: `package/${sha256.slice(0, 16)}.json`, sha256, bytes }
}

/** The program a machine begins with; it is the job's command. */
export const bootstrapProgram = (): string => readFileSync(join(packageFolder, 'src', 'sedi_trainer', 'bootstrap.py'), 'utf8')
