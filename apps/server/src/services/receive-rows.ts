import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { SediError } from '@sedi/spec'
import { Refusal } from '../problem.ts'

/** Rows that were sent, in a file of their own: what is sent is never held in memory. The caller removes it. */
export async function receiveRows(upload: Readable, mostBytes: number): Promise<{ readonly file: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'sedi-rows-'))
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true })
  const file = join(folder, 'rows.jsonl')
  try {
    await receive(upload, file, mostBytes)
    return { file, remove }
  } catch (error) {
    await remove()
    if (error instanceof Refusal) throw error
    if (upload.errored !== null) throw new SediError('aborted', 'The connection ended before all rows had come.', { cause: error })
    throw new SediError('storage', 'The rows could not be kept while they are worked on: is the disk of temporary files full?', { cause: error })
  }
}

/** Stops reading where it is too much, without closing the connection, on which the refusal is still to be sent. */
async function receive(upload: Readable, file: string, mostBytes: number): Promise<void> {
  const handle = await open(file, 'wx', 0o600)
  try {
    let bytes = 0
    for await (const chunk of upload.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > mostBytes)
        throw new Refusal(
          413,
          'invalid-input',
          `The rows are larger than the ${mostBytes} bytes taken here. Send them in parts, or use “sedi filter” and “sedi batch”.`,
        )
      await handle.writeFile(chunk)
    }
  } finally {
    await handle.close()
  }
}
