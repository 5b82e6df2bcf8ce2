import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { SediError } from '@sedi/spec'
import { leavesARun } from './exit-codes.ts'

/** What to do about an error, where the command line knows more than the package that threw it; undefined when the message says it all. */
export async function hintOf(error: SediError, cwd: string, { store }: Readonly<Record<string, unknown>>): Promise<string | undefined> {
  const { code, message, details } = error
  if (leavesARun(error)) return `Everything recorded is kept. Continue with: sedi resume ${details.run}`
  if (code === 'missing-credential')
    return 'The command line also reads keys from a file .env in this folder, or beside the configuration: one NAME=value on each line.'
  if (code !== 'not-found') return undefined
  const run = /There is no run “([^”]+)”/.exec(message)?.[1]
  const file = /There is no (?:configuration )?file (.+?)(?:\.$|\. |, and no run)/.exec(message)?.[1]
  const near =
    (run === undefined ? undefined : await nearestRun(run, typeof store === 'string' ? store : 'runs', cwd)) ??
    (file === undefined ? undefined : await nearestFile(file))
  return near === undefined ? undefined : `Did you mean ${near}?`
}

/** The run of a folder whose id is most like what was typed; its beginning and its end count as the whole. */
async function nearestRun(typed: string, store: string, cwd: string): Promise<string | undefined> {
  const { hasScheme } = await import('@sedi/kit/runs')
  if (hasScheme(store)) return undefined
  const folder = resolve(cwd, store)
  const runs = namesIn(folder).filter((name) => existsSync(join(folder, name, 'ledger.db')))
  const parts = runs.filter((run) => run.startsWith(typed) || run.endsWith(typed))
  return parts.at(-1) ?? (await nearestName(typed, runs))
}

const nearestFile = (path: string): Promise<string | undefined> => nearestName(basename(path), namesIn(dirname(path)))

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).toSorted()
  } catch {
    return []
  }
}

/** What other tools call it. */
const synonyms: Readonly<Record<string, string>> = {
  generate: 'run',
  start: 'run',
  create: 'init',
  new: 'init',
  setup: 'init',
  continue: 'resume',
  stop: 'pause',
  kill: 'cancel',
  list: 'runs',
  ls: 'runs',
  show: 'status',
  why: 'explain',
  check: 'doctor',
  validate: 'doctor',
  eval: 'evaluate',
  score: 'evaluate',
  dedupe: 'filter',
  deduplicate: 'filter',
  convert: 'import',
  download: 'export',
  upload: 'push',
  publish: 'push',
  dashboard: 'serve',
  ui: 'serve',
  server: 'serve',
}

/** What commander says of arguments it cannot use, with what to do about it. */
export function withHint(message: string): string {
  const command = /unknown command '([^']+)'/.exec(message)?.[1]
  if (command !== undefined && /\.(ya?ml|json)$/.test(command)) return `${message}A configuration is run with: sedi run ${command}\n`
  // Ours know what other tools call it; commander's own proposal only how it is spelt.
  if (command !== undefined && Object.hasOwn(synonyms, command)) return `error: unknown command '${command}'\n(Did you mean ${synonyms[command]}?)\n`
  return /missing required argument 'run/.test(message) ? `${message}“sedi runs” lists the runs of ./runs.\n` : message
}

/** The allowed value that commander's message of a wrong one means; undefined for other messages, and where none is near. */
export async function nearestChoice(message: string): Promise<string | undefined> {
  const [, typed, choices] = /argument '([^']*)' is invalid\. Allowed choices are (.*)\.$/.exec(message) ?? []
  return typed === undefined ? undefined : nearestName(typed, choices!.split(', '))
}

/** Whoever types what is meant does not wait for this. */
const nearestName = async (typed: string, known: readonly string[]): Promise<string | undefined> => (await import('@sedi/kit/runs')).nearestName(typed, known)
