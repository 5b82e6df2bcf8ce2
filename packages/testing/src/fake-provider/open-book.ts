import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { SediError } from '@sedi/spec'

/** How a request ended, for the book. */
export type BookOutcome = {
  readonly outcome: string
  readonly charged: boolean
  readonly inputTokens: number
  /** Part of inputTokens read from the prompt cache. @default 0 */
  readonly cachedTokens?: number | undefined
  readonly outputTokens: number
  /** Part of outputTokens that was hidden reasoning. @default 0 */
  readonly reasoningTokens?: number | undefined
  /** The completion; null when nothing was charged. */
  readonly text: string | null
}

/** What a request is, beside its body. */
export type RequestAbout = {
  /** @default 'chat' */
  readonly operation?: string | undefined
  /** @default 'openai' */
  readonly imitation?: string | undefined
  readonly clientRequestId?: string | undefined
  readonly idempotencyKey?: string | undefined
}

/** The server's side of the book. Both promises resolve when the entry is on disk and reject with `storage` when the book-keeper is gone. */
export interface Book {
  /** Returns the request's sequence number. */
  received(body: string, about?: RequestAbout): Promise<number>
  finished(sequence: number, outcome: BookOutcome): Promise<void>
  /** Waits until the book-keeper has ended. */
  close(): Promise<void>
}

type Acknowledgement = { readonly id: number; readonly sequence: number }
type Waiting = { resolve(sequence: number): void; reject(error: SediError): void }

/** Starts the book-keeper process. Rejects with `conflict` when another server keeps the same book, `storage` when the file cannot be written. */
export async function openBook(file: string): Promise<Book> {
  const script = fileURLToPath(new URL('./book.mjs', import.meta.url))
  // A process group of its own (detached), so that Ctrl-C ends the server and leaves the book to finish. The warning: node:sqlite on Node 22.
  const keeper = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, file], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
    windowsHide: true,
  })
  const ended = new Promise<void>((resolve) => keeper.once('close', () => resolve()))
  const lines = createInterface({ input: keeper.stdout })
  const waiting = new Map<number, Waiting>()
  let gone: SediError | undefined
  let lastId = 0

  const greeting = new Promise<string>((resolve) => {
    lines.once('line', resolve)
    lines.once('close', () => resolve(''))
  })
  const { state } = JSON.parse((await greeting) || '{}') as { readonly state?: 'ready' | 'taken' }
  if (state !== 'ready') await ended
  if (state === 'taken') throw new SediError('conflict', `The book ${file} is kept by another fake provider. Give each server a book of its own.`)
  if (state === undefined) throw new SediError('storage', `The book ${file} cannot be kept; the reason is on stderr.`)

  lines.on('line', (line) => {
    const { id, sequence } = JSON.parse(line) as Acknowledgement
    waiting.get(id)?.resolve(sequence)
    waiting.delete(id)
  })
  lines.once('close', () => {
    gone = new SediError('storage', `The book-keeper of ${file} has ended; nothing can be answered without it.`)
    for (const { reject } of waiting.values()) reject(gone)
  })
  // A write to a book-keeper that has just died; its `close` rejects whoever waits.
  keeper.stdin.on('error', () => {})

  function note(entry: object): Promise<number> {
    if (gone !== undefined) return Promise.reject(gone)
    const id = ++lastId
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject })
      keeper.stdin.write(`${JSON.stringify({ id, ...entry })}\n`)
    })
  }

  return {
    received: (body, about) => note({ event: 'received', body, ...about }),
    async finished(sequence, outcome) {
      await note({ event: 'finished', sequence, ...outcome })
    },
    async close() {
      keeper.stdin.end()
      await ended
    },
  }
}
