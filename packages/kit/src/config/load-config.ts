import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type RunConfig, SediError } from '@sedi/spec'
import { hasScheme } from '@sedi/store'
import { parse } from 'yaml'
import { setPath } from './merge.ts'
import { parseConfig, type RawConfig } from './parse-config.ts'
import { readTree } from './read-tree.ts'

const defaultNames = ['sedi.config.yaml', 'sedi.config.yml', 'sedi.config.json']

export type ConfigOptions = {
  /** The caller's folder. */
  readonly cwd: string
  /** A file; default: the first of sedi.config.yaml, .yml, .json in `cwd`. */
  readonly file?: string | undefined
  /** `a.b=c` each; the value is read as YAML. Wins over the file. */
  readonly set?: readonly string[] | undefined
  readonly maxCostUsd?: number | undefined
  readonly maxTokens?: number | undefined
  /** Where to keep the run instead of the file's `store`; relative to `cwd`. */
  readonly store?: string | undefined
}

/** Reads a configuration file (YAML or JSON) and applies what the caller said on top. Throws `not-found` or `invalid-config`. */
export function loadConfig({ cwd, file, set = [], maxCostUsd, maxTokens, store }: ConfigOptions): { readonly config: RunConfig; readonly path: string } {
  const path = locate(cwd, file)
  let raw = readTree(path)
  for (const assignment of set) raw = applyAssignment(raw, assignment)
  if (maxCostUsd !== undefined) raw = setPath(raw, ['budget', 'maxCostUsd'], maxCostUsd)
  if (maxTokens !== undefined) raw = setPath(raw, ['budget', 'maxTokens'], maxTokens)
  if (store !== undefined) raw = setPath(raw, ['store'], hasScheme(store) ? store : resolve(cwd, store))
  return { config: parseConfig(raw, path), path }
}

function locate(cwd: string, file: string | undefined): string {
  const candidates = file === undefined ? defaultNames.map((name) => join(cwd, name)) : [resolve(cwd, file)]
  const found = candidates.find((path) => existsSync(path))
  if (found !== undefined) return found
  throw new SediError(
    'not-found',
    file === undefined
      ? `There is no ${defaultNames[0]} in ${cwd}. “sedi init” makes one; or name a configuration file.`
      : `There is no configuration file ${candidates[0]}. “sedi init” makes one.`,
  )
}

/** Applies one `--set a.b=c`. */
export function applyAssignment(raw: RawConfig, assignment: string): RawConfig {
  const at = assignment.indexOf('=')
  if (at < 1) throw new SediError('invalid-config', `--set ${assignment}: expected path=value, as in --set filter.threshold=0.8.`)
  return setPath(raw, assignment.slice(0, at).split('.'), parse(assignment.slice(at + 1)))
}
