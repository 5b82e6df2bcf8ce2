import type { ReactElement, ReactNode } from 'react'
import { useLocation } from 'wouter'
import { useRun } from '../api/runs.ts'
import { NavLink } from '../parts/nav-link.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { StateBadge } from '../parts/state-badge.tsx'
import { Failed } from '../parts/states.tsx'

/** The pages about a run, as the address has them after `/runs/{run}`. */
const tabs = [
  ['', 'Overview'],
  ['/instructions', 'Instructions'],
  ['/map', 'Map and batches'],
  ['/seeds', 'Seeds'],
] as const

/** Heading, state and tabs of a run; a run that cannot be read is said here, once. */
export function RunFrame({ run, children }: { readonly run: string; readonly children: ReactNode }): ReactElement {
  const [path] = useLocation()
  const detail = useRun(run)
  const base = `/runs/${encodeURIComponent(run)}`
  const title = tabs.find(([rest]) => path === base + rest)?.[1] ?? 'Overview'
  return (
    <>
      <PageHead title={title} of={run} aside={detail.data !== undefined && <StateBadge state={detail.data.state} reason={detail.data.reason} />} />
      <nav aria-label="Run">
        <ul className="tabs">
          {tabs.map(([rest, name]) => (
            <li key={rest}>
              <NavLink href={base + rest}>{name}</NavLink>
            </li>
          ))}
        </ul>
      </nav>
      {detail.error !== null && detail.data === undefined ? <Failed error={detail.error} onRetry={() => detail.refetch()} /> : children}
    </>
  )
}
