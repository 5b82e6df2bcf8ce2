import { existsSync, realpathSync } from 'node:fs'
import { SediError } from '@sedi/spec'

/** A file, and the option that names it. `-` is stdout. */
export type Place = readonly [name: string, path: string]

/** Nothing is written over what is read, or into another output; links are followed. */
export function refuseSameFile(outputs: readonly Place[], inputs: readonly Place[]): void {
  const places = [...outputs, ...inputs].map(([name, path]) => ({ name, path: existsSync(path) ? realpathSync(path) : path }))
  for (const [i, output] of places.slice(0, outputs.length).entries()) {
    const same = places.find(({ path }, j) => j !== i && path === output.path)
    if (same !== undefined) throw new SediError('invalid-config', `${output.name} and ${same.name} are the same file, ${output.path}. Name another one.`)
  }
}
