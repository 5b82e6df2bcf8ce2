import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { SediError } from '@sedi/spec'

/** Writes rows as JSON lines, no faster than the output takes them. */
export type RowWriter = {
  write(row: object): Promise<void>
  /** Resolves when everything is written; closes a file, leaves a stream that was handed in open. */
  close(): Promise<void>
}

/** @param target a file name, or a stream such as stdout. Both methods reject with `storage` when the output fails. */
export function createRowWriter(target: string | NodeJS.WritableStream): RowWriter {
  const stream: NodeJS.WritableStream = typeof target === 'string' ? createWriteStream(target) : target
  let failure: Error | undefined
  stream.on('error', (error) => {
    failure = error
  })
  const check = (): void => {
    if (failure !== undefined)
      throw new SediError('storage', `Cannot write ${typeof target === 'string' ? target : 'the output'}: ${failure.message}.`, { cause: failure })
  }
  return {
    async write(row) {
      check()
      if (!stream.write(`${JSON.stringify(row)}\n`)) await once(stream, 'drain').catch(() => {})
      check()
    },
    async close() {
      if (typeof target === 'string' && failure === undefined) {
        stream.end()
        await once(stream, 'close').catch(() => {})
      }
      check()
    },
  }
}
