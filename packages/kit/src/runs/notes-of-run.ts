import type { Ledger } from '@sedi/spec'
import { configOf } from './run-config-of.ts'

/** What the user of a run should know of its configuration as it holds now. Loads the adapters, which say most of it. */
export async function notesOfRun(ledger: Ledger): Promise<readonly string[]> {
  const { notesOf } = await import('./plan-run.ts')
  return notesOf(await configOf(ledger))
}
