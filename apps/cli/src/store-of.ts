import { resolve } from 'node:path'
import { hasScheme, openStore } from '@sedi/kit'
import type { RunStore } from '@sedi/spec'
import type { Cli } from './command.ts'

/** The store a command without a configuration looks in: --out or --store, a folder or an address, else ./runs. Runs can also be named by path. */
export function storeOf(cli: Cli, out: string | undefined): RunStore {
  return openStore({ store: storeAddress(cli, out) })
}

/** A run by id, or by a path relative to the caller. */
export const runPath = (cli: Cli, runIdOrPath: string): string => (/[/\\]|^\.+$/.test(runIdOrPath) ? resolve(cli.cwd, runIdOrPath) : runIdOrPath)

export const storeAddress = (cli: Cli, out = 'runs'): string => (hasScheme(out) ? out : resolve(cli.cwd, out))

/** Where a run that was found has its files, to be shown or read. */
export const runFolder = (cli: Cli, runIdOrPath: string, out: string | undefined): Promise<string> => storeOf(cli, out).folderOf(runPath(cli, runIdOrPath))
