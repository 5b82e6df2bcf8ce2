import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { SediError } from '@sedi/spec'
import { type Replacement, replaceFile } from './replace-file.ts'

/** Writes rows as JSON lines, no faster than the output takes them. */
export type RowWriter = {
  write(row: object): Promise<void>
  /** Resolves when everything is written and the file has its name; leaves a stream that was handed in open. */
  close(): Promise<void>
  /** For when not everything came: what was begun is removed, and a file that was there stays. After `close` nothing happens. Rejects never. */
  abandon(): Promise<void>
}

export type RowWriterOptions = {
  /** Write to the file itself from the first row on, and leave what is there when abandoned: for what people watch, or want half of rather than nothing. */
  readonly inPlace?: boolean | undefined
}

/**
 * @param target a file name, or a stream such as stdout. The file appears under its name when it is closed; until then a file that was there stays.
 *   `write` and `close` reject with `storage` when the output fails.
 */
export function createRowWriter(target: string | NodeJS.WritableStream, { inPlace = false }: RowWriterOptions = {}): RowWriter {
  const file: Replacement | undefined = typeof target !== 'string' || inPlace ? undefined : replaceFile(target)
  const own = typeof target === 'string' ? createWriteStream(file?.path ?? target) : undefined
  const stream: NodeJS.WritableStream = own ?? (target as NodeJS.WritableStream)
  let failure: Error | undefined
  stream.on('error', (error) => {
    failure = error
  })
  const check = (): void => {
    if (failure !== undefined)
      throw new SediError('storage', `Cannot write ${typeof target === 'string' ? target : 'the output'}: ${failure.message}.`, { cause: failure })
  }
  const end = async (): Promise<void> => {
    if (own === undefined || own.closed) return
    own.end()
    await once(own, 'close').catch(() => {})
  }
  return {
    async write(row) {
      check()
      if (!stream.write(`${JSON.stringify(row)}\n`)) await once(stream, 'drain').catch(() => {})
      check()
    },
    async close() {
      if (failure === undefined) await end()
      check()
      await file?.commit().catch((error: Error) => {
        failure = error
      })
      check()
    },
    async abandon() {
      await end()
      await file?.abandon()
    },
  }
}

/** Closes what `use` has written when it is done; abandons it when it fails. */
export async function withRowWriter<T>(target: string | NodeJS.WritableStream, use: (write: RowWriter['write']) => Promise<T>): Promise<T> {
  const writer = createRowWriter(target)
  try {
    const result = await use(writer.write)
    await writer.close()
    return result
  } finally {
    await writer.abandon()
  }
}
