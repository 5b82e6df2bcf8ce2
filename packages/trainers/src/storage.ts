import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { SediError } from '@sedi/spec'

/** Runs file operations; what the system refuses (disk full, not writable, not a folder) becomes a SediError `storage` that names the path. */
export function withStorage<T>(path: string, operate: () => T): T {
  try {
    return operate()
  } catch (error) {
    if (SediError.is(error) || !isSystemError(error)) throw error
    throw new SediError('storage', `The trainer cannot use ${path}: ${error.message}. Check the disk's free space and the folder's permissions.`, {
      cause: error,
      details: { path, systemCode: error.code },
    })
  }
}

export function makeFolder(path: string): void {
  withStorage(path, () => mkdirSync(path, { recursive: true }))
}

/** The file's bytes; `undefined` where there is no such file. */
export function readIfPresent(path: string): Buffer | undefined {
  return withStorage(path, () => {
    try {
      return readFileSync(path)
    } catch (error) {
      if (isSystemError(error) && error.code === 'ENOENT') return undefined
      throw error
    }
  })
}

/**
 * Replaces a file as a whole: after a crash at any moment, power loss included, it has either its old bytes or all of the new ones.
 * One writer at a time.
 */
export function writeFileAtomically(path: string, bytes: Uint8Array | string): void {
  withStorage(path, () => {
    const temporary = `${path}.tmp`
    const file = openSync(temporary, 'w')
    try {
      writeFileSync(file, bytes)
      fsyncSync(file)
    } catch (error) {
      rmSync(temporary, { force: true }) // half a file would keep a full disk full
      throw error
    } finally {
      closeSync(file)
    }
    renameSync(temporary, path)
    syncFolder(dirname(path))
  })
}

/** Makes a rename durable. Windows cannot open folders, and its renames need no such step. */
function syncFolder(path: string): void {
  if (process.platform === 'win32') return
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && 'syscall' in error
}
