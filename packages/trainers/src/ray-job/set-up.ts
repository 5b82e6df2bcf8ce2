import { homedir } from 'node:os'
import { join } from 'node:path'
import type { SetUpOptions } from '../define-trainer.ts'
import { packageFolder } from '../python-job/environment.ts'
import { makeEnvironment } from '../python-job/set-up.ts'

/** Where `sedi trainer setup ray` puts Ray: an environment of its own, for a cluster on this machine and for tests. */
export function rayEnvironmentFolder(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment.SEDI_RAY_ENV) return environment.SEDI_RAY_ENV
  const cache = environment.XDG_CACHE_HOME ?? (process.platform === 'darwin' ? join(homedir(), 'Library', 'Caches') : join(homedir(), '.cache'))
  return join(cache, 'sedi', 'ray-2.60')
}

/**
 * Makes an environment with the Ray that this trainer was tried with, hashes compared; who has a cluster needs none. About 300 MB.
 * Returns its interpreter; `ray start --head` is beside it.
 */
export function setUpRay({ python, onOutput }: SetUpOptions): Promise<string> {
  return makeEnvironment({ python, onOutput, folder: rayEnvironmentFolder(), lock: join(packageFolder, 'ray.lock') })
}
