import { type Issue, issuesError, type RunConfig, SediError } from '@sedi/spec'
import { checkConfig } from './check-config.ts'
import { changedKeys } from './fingerprint.ts'
import { type RawConfig, schemaIssues } from './parse-config.ts'
import { runConfigSchema } from './run-config-schema.ts'

/**
 * What a run that has begun may be changed to: only keys that do not change results, and nothing that beginning it so would be refused for.
 * What was wrong before the change is not complained of. Throws `invalid-config`.
 */
export function assertMayChange(before: RunConfig, now: RunConfig): void {
  const changed = changedKeys(before, now)
  if (changed.length > 0) {
    throw new SediError(
      'invalid-config',
      `These keys change what the run produces and are fixed since it began: ${changed.join(', ')}. Start a new run for another value.`,
    )
  }
  const known = new Set(issuesOf(before).map(textOf))
  const issues = issuesOf(now).filter((issue) => !known.has(textOf(issue)))
  if (issues.length === 0) return
  const { message, details } = issuesError('invalid-config', 'The change does not fit the run:', issues)
  const unpriced = issues.some(({ path }) => path === 'budget.maxCostUsd' || path.endsWith('.price'))
  // A price is part of what a run is: it cannot be told later.
  const advice = unpriced ? '\nThis run began without a price and keeps none: cap its tokens (sedi resume <run> --max-tokens N), or start a new run.' : ''
  throw new SediError('invalid-config', message + advice, { details })
}

function issuesOf(config: RunConfig): Issue[] {
  const tree = config as unknown as RawConfig
  const read = runConfigSchema.safeParse(tree)
  return read.success ? checkConfig(read.data as unknown as RunConfig) : schemaIssues(read.error, tree)
}

const textOf = ({ path, message }: Issue): string => `${path}: ${message}`
