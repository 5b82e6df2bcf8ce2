import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { sha256 } from '@sedi/pipeline'
import { canonicalJson, type RunConfig, SediError } from '@sedi/spec'
import { fileOf } from '../inputs/built-in-seeds.ts'
import { configJsonSchema, itemOf, type JsonSchema, propertyOf } from './json-schema.ts'
import { isTree } from './merge.ts'

/**
 * Hash over what changes results: the configuration without keys that affect speed only, with the content of each input file in place
 * of its name; of a folder (a recorded run, a model) only its own name. Two runs with one fingerprint that are fed the same responses have the same digest.
 */
export function fingerprintOf(config: RunConfig): string {
  return sha256(canonicalJson(resultPart(configJsonSchema(), config, contentHash)))
}

/** The keys in which two configurations differ and that change results; input files are compared by name. */
export function changedKeys(before: RunConfig, now: RunConfig): string[] {
  const schema = configJsonSchema()
  const byName = (path: string): string => path
  const [a, b] = [flatten(resultPart(schema, before, byName)), flatten(resultPart(schema, now, byName))]
  return [...new Set([...a.keys(), ...b.keys()])].filter((path) => a.get(path) !== b.get(path))
}

function resultPart(schema: JsonSchema, value: unknown, ofFile: (path: string) => string): unknown {
  if (schema.path === true && typeof value === 'string') return ofFile(value)
  if (Array.isArray(value)) return value.map((item) => resultPart(itemOf(schema, item), item, ofFile))
  if (!isTree(value)) return value
  const kept: Record<string, unknown> = {}
  for (const [key, inner] of Object.entries(value)) {
    const property = propertyOf(schema, key, value)
    if (property?.affects !== 'speed') kept[key] = property === undefined ? inner : resultPart(property, inner, ofFile)
  }
  return kept
}

/** Of a file named in a configuration; of a folder its own name. Throws `not-found`. */
export function contentHash(name: string): string {
  const path = fileOf(name)
  try {
    if (statSync(path).isDirectory()) return basename(path)
    return hashOf(path)
  } catch (error) {
    throw new SediError('not-found', `Cannot read ${path}: ${(error as Error).message}.`, { cause: error })
  }
}

/** Of any size, a piece at a time. Bytes are taken as characters of Latin-1, as `sha256` takes texts. */
function hashOf(path: string): string {
  const hash = createHash('sha256')
  const piece = Buffer.alloc(1 << 20)
  const file = openSync(path, 'r')
  try {
    for (let read = readSync(file, piece); read > 0; read = readSync(file, piece)) hash.update(piece.toString('latin1', 0, read))
  } finally {
    closeSync(file)
  }
  return hash.digest('hex')
}

function flatten(value: unknown, path = ''): Map<string, string> {
  if (!isTree(value)) return new Map([[path, JSON.stringify(value)]])
  return new Map(Object.entries(value).flatMap(([key, inner]) => [...flatten(inner, path === '' ? key : `${path}.${key}`)]))
}
