import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Ledger, SediError } from '@sedi/spec'
import type { Cli } from './command.ts'
import { runPath, storeOf } from './store-of.ts'

/** Hands over what a person named: the data file of that name when there is one, else the run, open for reading until `use` is done. */
export async function withDataSource<T>(
  cli: Cli,
  name: string,
  store: string | undefined,
  use: (source: { readonly file: string } | { readonly ledger: Ledger }) => Promise<T>,
): Promise<T> {
  const file = resolve(cli.cwd, name)
  if (existsSync(file) && !statSync(file).isDirectory()) return use({ file })
  const ledger = await storeOf(cli, store)
    .read(runPath(cli, name))
    .catch((error: unknown) => {
      if (!SediError.is(error, 'not-found')) throw error
      throw new SediError('not-found', `There is no file ${file}, and no run of that name: ${error.message}`, { cause: error })
    })
  try {
    return await use({ ledger })
  } finally {
    await ledger.close()
  }
}
