import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { hasScheme } from '@sedi/kit'
import { type RunStore, SediError } from '@sedi/spec'
import * as z from 'zod'

/** A name and never a path: no separators, no leading dot. */
export const runIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'expected letters, digits, dots, dashes and underscores, beginning with a letter or digit, at most 128')
  .meta({ description: 'Id of a run: letters, digits, dots, dashes and underscores.' })

/**
 * The folder of a run of the store itself: a store also finds runs by path, which who asks over the network must not. Throws `not-found`,
 * without saying where it looked.
 */
export async function folderInStore(store: RunStore, address: string, runId: string): Promise<string> {
  const folder = await store.folderOf(runId).catch((error: unknown) => {
    if (SediError.is(error, 'not-found')) throw noSuchRun(runId)
    throw error
  })
  const elsewhere = hasScheme(address) ? existsSync(join(resolve(runId), 'ledger.db')) : folder !== join(resolve(address), runId)
  if (elsewhere) throw noSuchRun(runId)
  return folder
}

export const noSuchRun = (runId: string): SediError => new SediError('not-found', `There is no run “${runId}” in this store. GET /v1/runs lists what there is.`)
