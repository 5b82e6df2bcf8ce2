import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { openStore } from '@sedi/kit'
import type { RunStore } from '@sedi/spec'
import type { Cli } from './command.ts'

/** The store a command without a configuration looks in: --out, else ./runs. Runs can also be named by path. */
export function storeOf(cli: Cli, out: string | undefined): RunStore {
  return openStore({ store: resolve(cli.cwd, out ?? 'runs') })
}

/** A run by id, or by a path relative to the caller. */
export const runPath = (cli: Cli, runIdOrPath: string): string => (/[/\\]|^\.+$/.test(runIdOrPath) ? resolve(cli.cwd, runIdOrPath) : runIdOrPath)

/** Where a run that was found lies, to be shown. */
export function runFolder(cli: Cli, runIdOrPath: string, out: string | undefined): string {
  const inStore = resolve(cli.cwd, out ?? 'runs', runIdOrPath)
  return existsSync(join(inStore, 'ledger.db')) ? inStore : resolve(runIdOrPath)
}
