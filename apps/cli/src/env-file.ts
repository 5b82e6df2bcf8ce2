import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'

/** What a package that SeDi loads calls its key: `ANTHROPIC_API_KEY`. */
const looksLikeKey = /_(API_KEY|TOKEN)$/

/**
 * Reads keys from `.env` in a folder into the environment, where it has none of that name; returns the names. Only variables that adapters read keys
 * from, and such as end in `_API_KEY` or `_TOKEN`: a file that comes with somebody’s data must not change addresses, proxies or what Node does.
 * A file that is missing or cannot be read is none.
 */
export async function readEnvFile(folder: string, environment: NodeJS.ProcessEnv = process.env): Promise<readonly string[]> {
  let text: string
  try {
    text = readFileSync(join(folder, '.env'), 'utf8')
  } catch {
    return []
  }
  const missing = Object.entries(parseEnv(text)).filter(([name, value = '']) => value.trim() !== '' && (environment[name] ?? '') === '')
  const known = missing.every(([name]) => looksLikeKey.test(name)) ? [] : await keyVariables()
  const taken = missing.filter(([name]) => looksLikeKey.test(name) || known.includes(name))
  for (const [name, value] of taken) environment[name] = value
  return taken.map(([name]) => name)
}

/** Asks every adapter, which loads them. */
const keyVariables = async (): Promise<readonly string[]> => (await import('@sedi/kit')).keyVariables()
