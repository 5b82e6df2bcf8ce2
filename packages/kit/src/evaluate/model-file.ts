import { existsSync } from 'node:fs'
import { type RunConfig, SediError } from '@sedi/spec'
import { isTree } from '../config/merge.ts'
import { parseConfig } from '../config/parse-config.ts'
import { readTree } from '../config/read-tree.ts'

/** A model that is asked during an evaluation: what a run's configuration says of its teacher. */
export type AskedModel = Pick<RunConfig, 'generator' | 'limits'>

/**
 * Reads which model to ask from a YAML or JSON file: the keys `generator` and `limits` of a run's configuration (other keys of one are ignored),
 * or the content of `generator` alone. Not sampled unless the file says so: `temperature` 0. Throws `not-found` or `invalid-config`.
 *
 * @param maxOutputTokens longest answer unless the file says otherwise
 */
export function loadAskedModel(path: string, maxOutputTokens: number): AskedModel {
  if (!existsSync(path))
    throw new SediError('not-found', `There is no file ${path}: expected one that says which model to ask, as a run’s configuration does under “generator”.`)
  const raw = readTree(path)
  const written = raw.generator === undefined ? raw : raw.generator
  const generator = typeof written === 'string' ? { id: written } : written
  if (!isTree(generator)) throw new SediError('invalid-config', `${path}: expected keys under “generator”, got ${typeof generator}.`)
  const limits = raw.generator !== undefined && raw.limits !== undefined ? { limits: raw.limits } : {}
  const rest = { seeds: 'sedi:general', target: { calls: 1 }, trainer: 'none', recipe: 'alpaca' }
  return parseConfig({ ...rest, generator: { temperature: 0, maxOutputTokens, ...generator }, ...limits }, path)
}

/** What of a model changes its answers: everything but where it is, what it costs and how fast it may be asked. */
export function settingsOf({ generator }: AskedModel): Readonly<Record<string, unknown>> {
  const { id: _, model: _model, price: _price, timeoutMs: _timeout, baseUrl: _address, ...settings } = generator
  return settings
}
