import { type Damage, SediError } from '@sedi/spec'

// Primary result codes of SQLite (sqlite.org/rescode.html) that mean the disk, not us.
const meanings: Readonly<Record<number, string>> = {
  5: 'the database is locked by another process',
  8: 'the folder or the disk is read-only',
  10: 'the disk reported an input/output error',
  11: 'the ledger is damaged',
  13: 'the disk is full',
  14: 'the ledger cannot be opened (missing folder, or no permission)',
  26: 'the file is not a SeDi ledger, or its beginning is damaged',
}

export const isDiskFull = (error: unknown): boolean => SediError.is(error, 'storage') && Number(error.details.sqliteCode) % 256 === 13

/** Wraps what SQLite threw, in words. Constraint violations (19) are ours to explain and pass through as `internal`. */
export function storageError(error: unknown, path: string): SediError {
  if (SediError.is(error)) return error
  const code = typeof error === 'object' && error !== null && 'errcode' in error ? Number(error.errcode) : undefined
  const text = error instanceof Error ? error.message : String(error)
  const meaning = code === undefined ? undefined : meanings[code & 0xff]
  if (meaning === undefined && code !== undefined) return new SediError('internal', `The ledger refused a fact: ${text} (${path})`, { cause: error })
  const damaged = code !== undefined && damageCodes.includes(code & 0xff)
  const advice = damaged ? adviceOnDamage : 'Nothing recorded before is affected.'
  return new SediError('storage', `Cannot write or read the ledger: ${meaning ?? text} (${path}). ${advice}`, {
    cause: error,
    details: { path, sqliteCode: code ?? null, ...(damaged ? { damaged } : {}) },
  })
}

const damageCodes: readonly number[] = [11, 26]

const adviceOnDamage =
  '“sedi doctor <run>” says what is wrong, “sedi doctor <run> --salvage DIR” exports everything that can still be read; “sedi ledger import” makes a run of it again.'

/** Every damage is in `details.damage`; the first few are in the message. */
export function damagedError(path: string, damage: readonly Damage[]): SediError {
  const what = damage
    .slice(0, 3)
    .map(({ detail }) => detail)
    .join('; ')
  const more = damage.length > 3 ? `, and ${damage.length - 3} more` : ''
  return new SediError('storage', `The ledger ${path} is damaged: ${what}${more}. ${adviceOnDamage}`, { details: { path, damage } })
}

/** Runs work on the database and wraps what it throws. */
export function guarded<Result>(path: string, work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    throw storageError(error, path)
  }
}
