import { readFileSync } from 'node:fs'
import { SediError } from '@sedi/spec'
import { parse, YAMLParseError } from 'yaml'
import { isTree } from './merge.ts'
import type { RawConfig } from './parse-config.ts'

/** The keys and values of a YAML or JSON file. Throws `invalid-config` with line and column of what cannot be read. */
export function readTree(path: string): RawConfig {
  let value: unknown
  try {
    value = parse(readFileSync(path, 'utf8'))
  } catch (error) {
    const where = error instanceof YAMLParseError && error.linePos !== undefined ? `:${error.linePos[0].line}:${error.linePos[0].col}` : ''
    throw new SediError('invalid-config', `${path}${where}: ${(error as Error).message.trimEnd()}`, { cause: error })
  }
  if (isTree(value)) return value
  throw new SediError('invalid-config', `${path}: expected keys and values, got ${value === null ? 'an empty file' : typeof value}.`)
}
