import { idIn } from './batch-lines.ts'
import type { Journal } from './journal.ts'

/** A batch of ours: asked for, or about to be. */
export type KnownBatch = {
  readonly name: string
  readonly run: string
  /** Milliseconds since the epoch, by our clock. */
  readonly preparedAt: number
  /** In the order of the input file. */
  readonly customIds: ReadonlySet<string>
  readonly fileId: string | undefined
  readonly batchId: string | undefined
}

/** Where a request is: in which batch, and as which custom_id. */
export type KnownLine = { readonly batch: KnownBatch; readonly customId: string }

export interface KnownBatches {
  /** Where the answer to a request is, or may be. */
  find(id: string): KnownLine | undefined
  has(name: string): boolean
  /** Batches whose creation may have been asked for without our knowing whether it happened. */
  undecided(): readonly KnownBatch[]
  /** Each of these is on disk when it returns, and throws `storage` when it cannot be. */
  prepare(name: string, run: string, at: number, customIds: readonly string[]): KnownBatch
  uploaded(batch: KnownBatch, fileId: string): KnownBatch
  created(batch: KnownBatch, batchId: string): KnownBatch
  /** None of its requests was worked on or ever will be: they may be asked again. */
  forget(batch: KnownBatch, reason: string): void
}

export function createKnownBatches(journal: Journal): KnownBatches {
  const batches = new Map<string, KnownBatch>()
  const lines = new Map<string, { readonly name: string; readonly customId: string }>()

  function begin(name: string, run: string, preparedAt: number, customIds: readonly string[]): KnownBatch {
    for (const customId of customIds) lines.set(idIn(customId), { name, customId })
    return keep({ name, run, preparedAt, customIds: new Set(customIds), fileId: undefined, batchId: undefined })
  }

  function keep(batch: KnownBatch): KnownBatch {
    batches.set(batch.name, batch)
    return batch
  }

  for (const entry of journal.entries) {
    const batch = batches.get(entry.name)
    if (entry.event === 'prepared') begin(entry.name, entry.run, entry.at, entry.customIds)
    else if (batch === undefined) continue
    else if (entry.event === 'uploaded') keep({ ...batch, fileId: entry.fileId })
    else if (entry.event === 'created') keep({ ...batch, batchId: entry.batchId })
    else batches.delete(batch.name)
  }
  // A process died before its file was known to be there: no batch can have been asked for.
  for (const { name, fileId, batchId } of batches.values()) if (fileId === undefined && batchId === undefined) batches.delete(name)

  return {
    find(id) {
      const line = lines.get(id)
      const batch = line === undefined ? undefined : batches.get(line.name)
      return line === undefined || batch === undefined ? undefined : { batch, customId: line.customId }
    },
    has: (name) => batches.has(name),
    undecided: () => [...batches.values()].filter(({ batchId }) => batchId === undefined),
    prepare(name, run, at, customIds) {
      journal.append({ event: 'prepared', name, run, at, customIds })
      return begin(name, run, at, customIds)
    },
    uploaded(batch, fileId) {
      journal.append({ event: 'uploaded', name: batch.name, fileId })
      return keep({ ...batch, fileId })
    },
    created(batch, batchId) {
      journal.append({ event: 'created', name: batch.name, batchId })
      return keep({ ...batch, batchId })
    },
    forget(batch, reason) {
      batches.delete(batch.name)
      journal.append({ event: 'void', name: batch.name, reason })
    },
  }
}
