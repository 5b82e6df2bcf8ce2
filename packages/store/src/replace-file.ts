import { accessSync, constants, lstatSync, realpathSync, type Stats, statSync } from 'node:fs'
import { chmod, copyFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Where rows go until they are all there. */
export type Replacement = {
  readonly path: string
  /** It appears under its name, with the permissions of the file that was there. Rejects with what Node's file functions reject with. */
  commit(): Promise<void>
  /** What was begun is gone, and a file that was there stays. After `commit` nothing happens. */
  abandon(): Promise<void>
}

/**
 * A file that replaces the one of that name only when it is complete, so that nobody reads half of it and a failure costs nobody the old one: it is
 * written beside it, under a name with this process's number and the ending `.part`. Behind a link it is the link's target that is replaced. Written
 * directly is what cannot be replaced: a pipe, a device, a descriptor such as /dev/stdout, a link to what is not there yet, a file in a folder in which
 * nothing new may be made.
 */
export function replaceFile(path: string): Replacement {
  const known = /^(?:\/dev\/|\/proc\/|\\\\\.\\)/.test(path) ? 'direct' : lookAt(path)
  if (known === 'direct') return { path, commit: async () => {}, abandon: async () => {} }
  const { name, mode } = known
  const unfinished = `${name}.${process.pid}.part`
  let done = false
  return {
    path: unfinished,
    async commit() {
      if (mode !== undefined) await chmod(unfinished, mode)
      await rename(unfinished, name).catch((error: NodeJS.ErrnoException) => putInto(error, unfinished, name))
      done = true
    },
    async abandon() {
      if (!done) await rm(unfinished, { force: true }).catch(() => {})
    },
  }
}

/** A file that is mounted by itself, as into a container, can be written and not replaced. */
async function putInto(error: NodeJS.ErrnoException, unfinished: string, name: string): Promise<void> {
  if (error.code !== 'EBUSY' && error.code !== 'EXDEV') throw error
  await copyFile(unfinished, name)
  await rm(unfinished, { force: true })
}

type Known = 'direct' | { readonly name: string; readonly mode?: number }

function lookAt(path: string): Known {
  let stats: Stats
  try {
    stats = statSync(path)
  } catch {
    // Not there, or not to be looked at: writing says why.
    return isLink(path) ? 'direct' : { name: path }
  }
  if (!stats.isFile()) return 'direct'
  const name = realpathSync(path)
  return mayMakeFilesIn(dirname(name)) ? { name, mode: stats.mode & 0o7777 } : 'direct'
}

const isLink = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true

function mayMakeFilesIn(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false
  }
}
