import { accessSync, constants, existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { SediError } from '@sedi/spec'
import { migrate, migrations, versionOf } from './migrations.ts'
import { damagedError, guarded } from './storage-error.ts'
import { readTailMark } from './tail-mark.ts'

/**
 * Opens the file; a writer brings an older layout up to date. A writer must have looked at what is there with a reader first: SQLite tidies
 * up when a writer closes, and on a damaged ledger that destroys what could still be salvaged.
 */
export function openDatabase(path: string, readOnly: boolean): DatabaseSync {
  return guarded(path, () => {
    const database = new DatabaseSync(readOnly ? readableLocation(path) : path, { readOnly })
    try {
      database.exec('PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON')
      if (!readOnly) {
        database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
        migrate(database)
      }
      assertLayout(versionOf(database), path)
      return database
    } catch (error) {
      database.close()
      throw error
    }
  })
}

/** Whether a ledger has an older layout than this version's; false for what cannot be read at all, which opening will explain. */
export function needsUpgrade(path: string): boolean {
  try {
    const database = new DatabaseSync(readableLocation(path), { readOnly: true })
    try {
      const version = versionOf(database)
      return version > 0 && version < migrations.length
    } finally {
      database.close()
    }
  } catch {
    return false
  }
}

function assertLayout(version: number, path: string): void {
  if (version === migrations.length) return
  if (version === 0) {
    if (readTailMark(path) > 0) throw damagedError(path, [{ kind: 'end', detail: `${readTailMark(path)} facts were recorded, all of them are missing` }])
    throw new SediError('not-found', `There is no run in ${path}: its creation was interrupted before anything was recorded. Delete its folder.`)
  }
  throw new SediError(
    'unsupported',
    version > migrations.length
      ? `The ledger ${path} has layout ${version}; this version of SeDi knows layouts up to ${migrations.length}. Update SeDi.`
      : `The ledger ${path} has layout ${version}, an older one. Open the run for writing once (“sedi resume”, or “sedi doctor --rebuild”) to bring it up to layout ${migrations.length}.`,
  )
}

/**
 * Reading a write-ahead log needs a file beside it, which a read-only disk does not allow. A ledger that was closed properly has no log
 * left and can be read as it is; one that has cannot be read there without missing its latest facts, so it is refused.
 */
function readableLocation(path: string): string | URL {
  if (!existsSync(path) || canWrite(dirname(path))) return path
  if (existsSync(`${path}-wal`)) {
    throw new SediError(
      'storage',
      `Cannot read ${path} on a read-only disk: its latest facts are still in its log. Copy the run's folder to a disk that can be written.`,
    )
  }
  const location = pathToFileURL(path)
  location.searchParams.set('immutable', '1')
  return location
}

function canWrite(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false
  }
}
