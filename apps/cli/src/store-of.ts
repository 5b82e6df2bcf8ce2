import { resolve } from 'node:path'
import { hasScheme, openStore } from '@sedi/kit/runs'
import type { RunStore } from '@sedi/spec'
import { Option } from 'commander'
import type { Cli } from './command.ts'

/** Of every command that finds a run without a configuration. */
export const storeOption = (): Option => new Option('--store <address>', 'where runs are kept: a folder, or postgres://… (default: ./runs)')

/** The store such a command looks in: --store, else ./runs. Runs can also be named by path. */
export function storeOf(cli: Cli, store: string | undefined): RunStore {
  return openStore({ store: storeAddress(cli, store) })
}

/** A run by id, or by a path relative to the caller. */
export const runPath = (cli: Cli, runIdOrPath: string): string => (/[/\\]|^\.+$/.test(runIdOrPath) ? resolve(cli.cwd, runIdOrPath) : runIdOrPath)

export const storeAddress = (cli: Cli, store = 'runs'): string => (hasScheme(store) ? store : resolve(cli.cwd, store))

/** Where a run that was found has its files, to be shown or read. */
export const runFolder = (cli: Cli, runIdOrPath: string, store: string | undefined): Promise<string> => storeOf(cli, store).folderOf(runPath(cli, runIdOrPath))
