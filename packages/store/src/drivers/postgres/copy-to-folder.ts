import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Fact, type Recorded, SediError } from '@sedi/spec'
import { openSqliteLedger } from '../sqlite/ledger.ts'

/** Facts recorded together. */
const chunkSize = 1000

/** A run as a folder with a ledger of its own, which every command reads by its path: the same facts under the same numbers. */
export async function copyToFolder(facts: AsyncIterable<Recorded<Fact>>, folder: string): Promise<void> {
  try {
    mkdirSync(folder)
  } catch (error) {
    throw new SediError('conflict', `Cannot create the folder ${folder} for the copy: ${error instanceof Error ? error.message : String(error)}.`, {
      cause: error,
    })
  }
  const copy = openSqliteLedger(join(folder, 'ledger.db'), { readOnly: false })
  try {
    let chunk: Fact[] = []
    for await (const fact of facts) {
      chunk.push(fact)
      if (chunk.length < chunkSize) continue
      await copy.append(chunk)
      chunk = []
    }
    await copy.append(chunk)
  } finally {
    await copy.close()
  }
}
