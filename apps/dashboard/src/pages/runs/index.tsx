import type { ReactElement } from 'react'
import { Link } from 'wouter'
import { type RunSummary, useRuns } from '../../api/runs.ts'
import { useNow } from '../../api/use-now.ts'
import { useSearch } from '../../api/use-search.ts'
import { formatAgo, formatCount, formatOf, formatShare, formatTime, formatUsd } from '../../format.ts'
import { PageHead } from '../../parts/page-head.tsx'
import { StateBadge } from '../../parts/state-badge.tsx'
import { Empty, Failed, Loading } from '../../parts/states.tsx'
import { matching, moneyOf, orders, statesOf } from './list.ts'
import './runs.css'

/** Every run of the store, the newest first. */
export default function Runs(): ReactElement {
  const runs = useRuns()
  return (
    <>
      <PageHead
        title="Runs"
        aside={
          <Link className="button primary" href="/new">
            New run
          </Link>
        }
      />
      {runs.data !== undefined ? (
        <RunList runs={runs.data} stale={runs.error} />
      ) : runs.error !== null ? (
        <Failed error={runs.error} onRetry={runs.refetch} />
      ) : (
        <Loading what="the runs" />
      )}
    </>
  )
}

function RunList({ runs, stale }: { readonly runs: readonly RunSummary[]; readonly stale: Error | null }): ReactElement {
  const [search, setSearch] = useSearch()
  const now = useNow(30_000)
  const text = search.get('search') ?? ''
  const state = search.get('state') ?? ''
  const order = search.get('order') ?? 'newest'
  if (runs.length === 0)
    return (
      <Empty title="There is no run in this store yet.">
        <p>
          <Link href="/new">Plan one</Link>: the simulated teacher costs nothing and needs no key. Runs of the command line show up here as well, when they are
          kept in the same store.
        </p>
      </Empty>
    )
  const shown = matching(runs, { text, state, order })
  return (
    <>
      {stale !== null && <p className="banner warn">{stale.message} What is shown may be old.</p>}
      <search className="row run-filters">
        <label>
          <span className="hidden-text">Search by name or recipe</span>
          <input type="search" placeholder="Search by name or recipe" value={text} onChange={({ target }) => setSearch({ search: target.value })} />
        </label>
        <label>
          <span className="label-text">State</span>
          <select value={state} onChange={({ target }) => setSearch({ state: target.value })}>
            <option value="">all</option>
            {statesOf(runs).map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label>
          <span className="label-text">Order</span>
          <select value={order} onChange={({ target }) => setSearch({ order: target.value === 'newest' ? '' : target.value })}>
            {Object.entries(orders).map(([id, { name }]) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <output className="muted">
          {shown.length === runs.length ? formatOf(runs.length, 'run') : `${formatCount(shown.length)} of ${formatOf(runs.length, 'run')}`}
        </output>
      </search>
      {shown.length === 0 ? (
        <Empty title="No run is like that.">
          <button type="button" className="button" onClick={() => setSearch({ search: '', state: '' })}>
            Show all
          </button>
        </Empty>
      ) : (
        <RunTable runs={shown} now={now} />
      )}
    </>
  )
}

/** On a narrow screen only what tells runs apart; the overview has the rest. */
const columns = [
  ['Run', ''],
  ['State', 'wide-only'],
  ['Answers', 'figure wide-only'],
  ['Written', 'figure wide-only'],
  ['Kept', 'figure'],
  ['Cost', 'figure'],
  ['Per kept', 'figure wide-only'],
  ['Created', 'figure wide-only'],
] as const

function RunTable({ runs, now }: { readonly runs: readonly RunSummary[]; readonly now: number }): ReactElement {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
    <section className="panel run-table" aria-label="Runs" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map(([name, look]) => (
              <th key={name} scope="col" className={look}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <RunRow key={run.runId} run={run} now={now} />
          ))}
        </tbody>
      </table>
    </section>
  )
}

function RunRow({ run, now }: { readonly run: RunSummary; readonly now: number }): ReactElement {
  const { runId, recipe, state, reason, createdAt, totals } = run
  const { costUsd, costPerKeptUsd, uncertainUsd } = moneyOf(totals)
  if (state === 'unreadable')
    return (
      <tr>
        <th scope="row">{runId}</th>
        <td>
          <StateBadge state={state} />
        </td>
        <td colSpan={6}>{reason}</td>
      </tr>
    )
  return (
    <tr>
      <th scope="row">
        <Link href={`/runs/${encodeURIComponent(runId)}`}>{runId}</Link>
        <span className="run-recipe">{recipe}</span>
        <span className="narrow-only">
          <StateBadge state={state} />
        </span>
      </th>
      <td className="wide-only">
        <StateBadge state={state} />
        {reason !== '' && state !== 'done' && (
          <span className="run-reason" title={reason}>
            {reason}
          </span>
        )}
      </td>
      <td className="figure wide-only">{formatCount(totals.calls)}</td>
      <td className="figure wide-only">{formatCount(totals.raw)}</td>
      <td className="figure">
        {formatCount(totals.kept)}
        {totals.raw > 0 && <span className="run-share">{formatShare(totals.kept / totals.raw)}</span>}
      </td>
      <td className="figure">
        {formatUsd(costUsd)}
        {uncertainUsd > 0 && <span className="run-share">up to {formatUsd(uncertainUsd)} more</span>}
      </td>
      <td className="figure wide-only">{totals.kept === 0 ? formatUsd(undefined) : formatUsd(costPerKeptUsd)}</td>
      <td className="figure wide-only">
        <time dateTime={new Date(createdAt).toISOString()} title={formatTime(createdAt)}>
          {formatAgo(createdAt, now)}
        </time>
      </td>
    </tr>
  )
}
