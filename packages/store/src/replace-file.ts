import { realpathSync, type Stats, statSync } from 'node:fs'
import { chmod, rename, rm } from 'node:fs/promises'

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
 * written beside it, as `….part`. Behind a link it is the link's target that is replaced. What is no file (a pipe, a device, a descriptor such as
 * /dev/stdout) is written directly: there is nothing to replace.
 */
export function replaceFile(path: string): Replacement {
  const known = /^(?:\/dev\/|\/proc\/|\\\\\.\\)/.test(path) ? 'direct' : lookAt(path)
  if (known === 'direct') return { path, commit: async () => {}, abandon: async () => {} }
  const { name, mode } = known
  const unfinished = `${name}.part`
  let done = false
  return {
    path: unfinished,
    async commit() {
      if (mode !== undefined) await chmod(unfinished, mode)
      await rename(unfinished, name)
      done = true
    },
    async abandon() {
      if (!done) await rm(unfinished, { force: true }).catch(() => {})
    },
  }
}

type Known = 'direct' | { readonly name: string; readonly mode?: number }

function lookAt(path: string): Known {
  let stats: Stats
  try {
    stats = statSync(path)
  } catch {
    // Not there, or not to be looked at: writing says why.
    return { name: path }
  }
  return stats.isFile() ? { name: realpathSync(path), mode: stats.mode & 0o7777 } : 'direct'
}
