import { SediError } from '@sedi/spec'

// Primary result codes of SQLite (sqlite.org/rescode.html) that mean the disk, not us.
const meanings: Readonly<Record<number, string>> = {
  5: 'the database is locked by another process',
  8: 'the folder or the disk is read-only',
  10: 'the disk reported an input/output error',
  11: 'the ledger is damaged',
  13: 'the disk is full',
  14: 'the ledger cannot be opened (missing folder, or no permission)',
  26: 'the file is not a SeDi ledger',
}

export const isDiskFull = (error: unknown): boolean => SediError.is(error, 'storage') && Number(error.details.sqliteCode) % 256 === 13

/** Wraps what SQLite threw, in words. Constraint violations (19) are ours to explain and pass through as `internal`. */
export function storageError(error: unknown, path: string): SediError {
  if (SediError.is(error)) return error
  const code = typeof error === 'object' && error !== null && 'errcode' in error ? Number(error.errcode) : undefined
  const text = error instanceof Error ? error.message : String(error)
  const meaning = code === undefined ? undefined : meanings[code & 0xff]
  if (meaning === undefined && code !== undefined) return new SediError('internal', `The ledger refused a fact: ${text} (${path})`, { cause: error })
  return new SediError('storage', `Cannot write or read the ledger: ${meaning ?? text} (${path}). Nothing recorded before is affected.`, {
    cause: error,
    details: { path, sqliteCode: code ?? null },
  })
}
