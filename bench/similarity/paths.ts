import { join } from 'node:path'

export const repository = join(import.meta.dirname, '..', '..')
/** Everything a bench fetches or makes; ignored by git. */
export const workFolder = join(repository, '.toolchain', 'bench')
export const peersFolder = join(import.meta.dirname, 'peers')
