import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/**
 * The right to write a run: an exclusive transaction on a small database of its own, held for the life of the process.
 * The operating system releases it when the process dies, however it dies; readers of the ledger are not affected.
 */
export type WriterLock = { release(): void }

/** Undefined when another process holds the lock. Throws what SQLite throws when the folder cannot be written. */
export function takeWriterLock(folder: string): WriterLock | undefined {
  const database = new DatabaseSync(join(folder, 'writer.lock'))
  try {
    // Long enough for another process that only looks whether the lock is held.
    database.exec('PRAGMA busy_timeout = 300; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if (isBusy(error)) return undefined
    throw error
  }
  return { release: () => database.close() }
}

/** Whether some process holds the lock now. False also when there is no lock file at all. */
export function isWriterLocked(folder: string): boolean {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(join(folder, 'writer.lock'), { readOnly: true })
    database.prepare('SELECT count(*) FROM sqlite_schema').get()
    return false
  } catch (error) {
    return isBusy(error)
  } finally {
    database?.close()
  }
}

function isBusy(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'errcode' in error && Number(error.errcode) % 256 === 5
}
