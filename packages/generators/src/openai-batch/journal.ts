import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { SediError } from '@sedi/spec'

/** What became of one batch, step by step. Each entry is on disk before the next step is taken. */
export type JournalEntry =
  /** Before anything of it is sent: its name, whose it is, and its requests. */
  | { readonly event: 'prepared'; readonly name: string; readonly run: string; readonly at: number; readonly customIds: readonly string[] }
  | { readonly event: 'uploaded'; readonly name: string; readonly fileId: string }
  | { readonly event: 'created'; readonly name: string; readonly batchId: string }
  /** None of its requests was worked on or ever will be. */
  | { readonly event: 'void'; readonly name: string; readonly reason: string }

export interface Journal {
  readonly entries: readonly JournalEntry[]
  /** Returns when the entry is on disk. Throws `storage`. */
  append(entry: JournalEntry): void
}

const fileName = 'openai-batch.jsonl'

/** Opens the journal in a folder, which is created with the first entry. Without a folder it lasts as long as the process. */
export function openJournal(folder: string | undefined): Journal {
  if (folder === undefined) return { entries: [], append() {} }
  const path = join(folder, fileName)
  const { entries, torn } = read(path)
  let mend = torn
  return {
    entries,
    append(entry) {
      try {
        const isNew = !existsSync(path)
        if (isNew) mkdirSync(folder, { recursive: true })
        const descriptor = openSync(path, 'a')
        try {
          writeSync(descriptor, `${mend ? '\n' : ''}${JSON.stringify(entry)}\n`)
          fsyncSync(descriptor)
        } finally {
          closeSync(descriptor)
        }
        mend = false
        // The names of a new file and a new folder are on disk when their folders are.
        if (isNew) for (const parent of [folder, dirname(folder)]) syncFolder(parent)
      } catch (error) {
        mend = true
        throw new SediError('storage', `openai-batch: cannot note in ${path} what is being bought: ${(error as Error).message}. Make room, then resume.`, {
          details: { charged: 'none' },
          cause: error,
        })
      }
    },
  }
}

/** A last line that a crash cut is left out: what it announces was not begun. */
function read(path: string): { readonly entries: JournalEntry[]; readonly torn: boolean } {
  const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
  const entries = text.split('\n').flatMap((line): JournalEntry[] => {
    try {
      return line === '' ? [] : [JSON.parse(line) as JournalEntry]
    } catch {
      return []
    }
  })
  return { entries, torn: text !== '' && !text.endsWith('\n') }
}

function syncFolder(path: string): void {
  // Windows has no folders to sync.
  if (process.platform === 'win32') return
  const descriptor = openSync(path, 'r')
  fsyncSync(descriptor)
  closeSync(descriptor)
}
