import { fileURLToPath } from 'node:url'
import { SediError } from '@sedi/spec'

/** Sets of seed tasks that come with SeDi, by name; named `sedi:<name>` where a file of seeds is expected. */
const files: Readonly<Record<string, string>> = {
  general: fileURLToPath(new URL('../../assets/seeds/general.jsonl', import.meta.url)),
}

const prefix = 'sedi:'

/** What `seeds` may be beside a file. */
export const builtInSeedNames: readonly string[] = Object.keys(files).map((name) => prefix + name)

/** Not a file of the user's, so not relative to anything. */
export const isBuiltIn = (name: string): boolean => name.startsWith(prefix)

/** The file behind a name: a built-in set's own, any other name as it is. Throws `invalid-config` for a built-in set that does not exist. */
export function fileOf(name: string): string {
  if (!isBuiltIn(name)) return name
  const file = files[name.slice(prefix.length)]
  if (file !== undefined) return file
  throw new SediError('invalid-config', `There are no built-in seeds “${name}”; expected ${builtInSeedNames.join(', ')}, or a file.`)
}
