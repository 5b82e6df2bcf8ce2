import type { Issue } from '../../api/problem.ts'
import type { KeyPath } from './fields.ts'

/** The id of a field’s element on the page. */
export const fieldId = (path: KeyPath): string => `field-${path.join('.')}`

/** What is wrong at a key itself; an adapter’s id is the adapter. */
export const issuesAt = (issues: readonly Issue[], path: KeyPath): readonly Issue[] => {
  const key = path.join('.')
  return issues.filter((issue) => issue.path === key || issue.path === `${key}.id` || isItemOf(issue.path, key))
}

/** How many are wrong at a key or anything in it. */
export const countWithin = (issues: readonly Issue[], path: KeyPath): number => {
  const key = path.join('.')
  return issues.filter((issue) => issue.path === key || issue.path.startsWith(`${key}.`)).length
}

/** `filter.benchmarks.0.file` has no field of its own: it is shown where the list is. */
const isItemOf = (path: string, key: string): boolean => path.startsWith(`${key}.`) && /^\d+(\.|$)/.test(path.slice(key.length + 1))
