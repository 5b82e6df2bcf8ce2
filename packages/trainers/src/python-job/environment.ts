import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SediError } from '@sedi/spec'

/** The Python package, shipped beside this one's code. */
export const packageFolder = fileURLToPath(new URL('../../python', import.meta.url))

/** Where `sedi trainer setup python` makes the environment: one for all runs of a user, named by protocol so that an upgrade makes a new one. */
export function environmentFolder(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment.SEDI_PYTHON_ENV) return environment.SEDI_PYTHON_ENV
  const cache = environment.XDG_CACHE_HOME ?? (process.platform === 'darwin' ? join(homedir(), 'Library', 'Caches') : join(homedir(), '.cache'))
  return join(cache, 'sedi', 'python-trainer-1')
}

/** Of the environment that set-up made; undefined where there is none. */
export function environmentInterpreter(): string | undefined {
  const python = interpreterIn(environmentFolder())
  return existsSync(python) ? python : undefined
}

/** The interpreter of a virtual environment. */
export const interpreterIn = (folder: string): string => (process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python'))

/**
 * The interpreter to run: the configured one, else that of the environment which set-up made.
 * Throws `missing-dependency` when there is none.
 */
export function findPython(configured: string | undefined): string {
  const python = configured ?? environmentInterpreter()
  if (python !== undefined) return python
  throw new SediError(
    'missing-dependency',
    `The trainer “python” has no environment yet: there is no ${interpreterIn(environmentFolder())}. Run “sedi trainer setup python”, or set trainer.python to an interpreter that has the package sedi-trainer.`,
  )
}
