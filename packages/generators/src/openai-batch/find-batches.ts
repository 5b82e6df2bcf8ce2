import { SediError } from '@sedi/spec'
import type { Batch, BatchApi } from './batch-api.ts'
import type { KnownBatch, KnownBatches } from './known-batches.ts'

/** How we mark batches as ours, so that they are found when we have no note of them. Values of metadata have at most 512 characters. */
export const metadataOf = (run: string, name: string): Record<string, string> => ({ sedi_run: run.slice(0, 512), sedi_batch: name })

const dayMs = 24 * 3600 * 1000
/** Clocks differ; nobody's is a day wrong. */
const clockToleranceMs = dayMs
/** Older results are gone at the provider. */
const retentionMs = 31 * dayMs

/**
 * Finds out whether a batch exists whose creation was asked for and never confirmed; its id, or undefined when it does not and never will.
 * A batch cannot come to be without its input file: the file is deleted before the second look, so that a request that is still on its way
 * can no longer succeed.
 */
export async function decideBatch(batch: KnownBatch, api: BatchApi): Promise<string | undefined> {
  const found = await findByName(batch, api)
  if (found !== undefined || batch.fileId === undefined) return found
  await api.deleteFile(batch.fileId)
  return findByName(batch, api)
}

async function findByName({ name, preparedAt }: KnownBatch, api: BatchApi): Promise<string | undefined> {
  for await (const one of api.list()) {
    if (one.metadata.sedi_batch === name) return one.id
    if (isOlderThan(one, preparedAt - clockToleranceMs)) return undefined
  }
  return undefined
}

/** Adds the batches of a run that the provider has and our notes have not (a lost folder), with what their input files ask. */
export async function adoptBatches(run: string, known: KnownBatches, api: BatchApi, now: number): Promise<number> {
  const { sedi_run: marked } = metadataOf(run, '')
  const ours: Batch[] = []
  for await (const one of api.list()) {
    if (isOlderThan(one, now - retentionMs)) break
    // One that failed was not worked on: its requests may be asked again.
    if (one.metadata.sedi_run === marked && one.status !== 'failed' && !known.has(one.metadata.sedi_batch ?? '')) ours.push(one)
  }
  // Oldest first: of two batches with the same request the later one counts.
  for (const batch of ours.toReversed()) {
    const prepared = known.prepare(batch.metadata.sedi_batch ?? batch.id, run, batch.createdAt ?? now, await inputIds(batch, api))
    known.created(prepared, batch.id)
  }
  return ours.length
}

async function inputIds({ inputFileId }: Batch, api: BatchApi): Promise<string[]> {
  const customIds: string[] = []
  if (inputFileId === undefined) return customIds
  try {
    for await (const text of api.lines(inputFileId)) customIds.push((JSON.parse(text) as { custom_id: string }).custom_id)
  } catch (error) {
    // What it asked cannot be known any more; what is asked again is new.
    if (!SediError.is(error, 'not-found')) throw error
  }
  return customIds
}

const isOlderThan = ({ createdAt }: Batch, timeMs: number): boolean => createdAt !== undefined && createdAt < timeMs
