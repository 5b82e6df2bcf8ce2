import type { Issue } from '@sedi/spec'
import { type Cli, say } from './command.ts'
import { formatCount } from './format.ts'

const shownIssues = 10

/** The first broken rows of a file, each with its place, and how many more there are. `total`: where only the first were kept. */
export function sayIssues(cli: Cli, issues: readonly Issue[], total = issues.length): void {
  for (const { path, message } of issues.slice(0, shownIssues)) say(cli, `${path}: ${message}`)
  if (total > shownIssues) say(cli, `… and ${formatCount(total - shownIssues)} more broken rows.`)
}
