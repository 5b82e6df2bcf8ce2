import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { keyVariables } from '@sedi/kit'

/** What a package that SeDi loads calls its key: `ANTHROPIC_API_KEY`. */
const looksLikeKey = /_(API_KEY|TOKEN)$/

/**
 * Reads keys from `.env` in a folder into the environment, where it has none of that name; returns the names. Only variables that adapters read keys
 * from, and such as end in `_API_KEY` or `_TOKEN`: a file that comes with somebody’s data must not change addresses, proxies or what Node does.
 * A file that is missing or cannot be read is none.
 */
export function readEnvFile(folder: string, environment: NodeJS.ProcessEnv = process.env): readonly string[] {
  let text: string
  try {
    text = readFileSync(join(folder, '.env'), 'utf8')
  } catch {
    return []
  }
  const known = new Set(keyVariables())
  const taken: string[] = []
  for (const [name, value = ''] of Object.entries(parseEnv(text))) {
    if (value.trim() === '' || (environment[name] ?? '') !== '' || !(known.has(name) || looksLikeKey.test(name))) continue
    environment[name] = value
    taken.push(name)
  }
  return taken
}
