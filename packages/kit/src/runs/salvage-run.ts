import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Fact, type FactKind, type RunStore, SediError } from '@sedi/spec'
import { createRowWriter, writeLedgerFile } from '@sedi/store'

export type SalvageReport = {
  readonly folder: string
  /** Facts read whole, by kind. */
  readonly facts: Readonly<Partial<Record<FactKind, number>>>
  readonly found: number
  /** Facts that are known to have been recorded. */
  readonly recorded: number
  /** Sequence numbers that are lost, as ranges, both ends included. */
  readonly missing: readonly (readonly [number, number])[]
  readonly ledgerFile: string
  readonly instructionsFile: string
}

/**
 * Exports everything that can be read of a damaged run into a new folder: `ledger.jsonl` (for `sedi ledger import --recover`) and
 * `instructions.jsonl` (what was kept). The run itself is not touched.
 */
export async function salvageRun(store: RunStore, runIdOrPath: string, folder: string): Promise<SalvageReport> {
  const salvage = await store.salvage(runIdOrPath)
  try {
    createFolder(folder)
    const ledgerFile = join(folder, 'ledger.jsonl')
    const instructionsFile = join(folder, 'instructions.jsonl')
    // In place: of a damaged run, what was read before it went wrong is better than nothing.
    const ledgerWriter = createRowWriter(ledgerFile, { inPlace: true })
    const instructionWriter = createRowWriter(instructionsFile, { inPlace: true })
    const facts: Partial<Record<FactKind, number>> = {}
    async function* counted(): AsyncGenerator<Fact & { readonly seq: number }> {
      for await (const fact of salvage.facts()) {
        facts[fact.kind] = (facts[fact.kind] ?? 0) + 1
        if (fact.kind === 'candidate' && fact.verdict === 'kept') {
          const { id, instruction, input, output } = fact
          await instructionWriter.write({ id, instruction, input, output })
        }
        yield fact
      }
    }
    try {
      await writeLedgerFile(runIdOrPath, counted(), ledgerWriter, salvage.missing.length === 0)
      await ledgerWriter.close()
      await instructionWriter.close()
    } finally {
      await ledgerWriter.abandon()
      await instructionWriter.abandon()
    }
    const { found, recorded, missing } = salvage
    return { folder, facts, found, recorded, missing, ledgerFile, instructionsFile }
  } finally {
    salvage.close()
  }
}

function createFolder(folder: string): void {
  try {
    mkdirSync(folder)
  } catch (error) {
    throw new SediError(
      'conflict',
      `Cannot create the folder ${folder}: ${error instanceof Error ? error.message : String(error)}. Name one that does not exist yet.`,
      {
        cause: error,
      },
    )
  }
}
