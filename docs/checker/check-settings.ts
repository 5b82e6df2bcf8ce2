import { join } from 'node:path'
import { parseConfig } from '@sedi/kit'
import { SediError } from '@sedi/spec'
import { parseDocument } from 'yaml'
import type { Block, Problem } from './blocks.ts'

/** What a configuration must have, under a fragment that shows some of its keys. */
const least = { seeds: 'sedi:general', generator: { id: 'simulated' }, trainer: { id: 'none' }, target: { calls: 10 }, rounds: 2 }

/** A yaml or json block: a configuration, whole or in part, as `sedi run` would read it. With `check=syntax` only that it can be parsed. */
export function checkSettings({ file, line, code, language, marks }: Block): Problem | undefined {
  let value: unknown
  if (language === 'json') {
    try {
      value = JSON.parse(code)
    } catch (error) {
      return { file, line, message: (error as Error).message }
    }
  } else {
    const document = parseDocument(code)
    const [error] = document.errors
    if (error !== undefined) return { file, line: line + (error.linePos?.[0].line ?? 1) - 1, message: error.message }
    value = document.toJS()
  }
  if (marks.check === 'syntax') return undefined
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    return { file, line, message: 'expected keys of a configuration; mark what is none {check=syntax reason="…"}' }
  try {
    parseConfig({ ...least, ...value }, join('/', 'sedi.config.yaml'))
    return undefined
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const issues = SediError.is(error) ? ((error.details as { issues?: readonly { path?: string; message: string }[] }).issues ?? []) : []
    return { file, line, message: [error.message, ...issues.map(({ path, message }) => `  ${path}: ${message}`)].join('\n') }
  }
}
