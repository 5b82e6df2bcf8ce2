import { existsSync, statSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { type CallFact, SediError } from '@sedi/spec'
import { createSqliteStore, readLedgerFile } from '@sedi/store'
import { softwareVersion } from '../version.ts'

/** The answers of a recorded run, in order of recording, from its folder or from an exported ledger file. */
export async function* readRecordedCalls(run: string): AsyncGenerator<CallFact> {
  if (!existsSync(run)) throw new SediError('not-found', `There is no recorded run ${run}: expected a run’s folder, or a file that “sedi ledger export” wrote.`)
  if (!statSync(run).isDirectory()) {
    for await (const fact of readLedgerFile(run)) if (fact.kind === 'call') yield fact
    return
  }
  const ledger = await createSqliteStore({ folder: dirname(run), softwareVersion }).read(basename(run))
  try {
    yield* ledger.scan('call')
  } finally {
    await ledger.close()
  }
}
