import type { ReactElement } from 'react'
import { type RunOverview, useOverview, useRun } from '../../api/runs.ts'
import { Failed, Loading } from '../../parts/states.tsx'
import { ConfigurationPanel } from './configuration-panel.tsx'
import { EvaluationCharts } from './evaluation-charts.tsx'
import { Figures } from './figures.tsx'
import { ProgressChart } from './progress-chart.tsx'
import { RejectionPanel } from './rejection-panel.tsx'
import { RoundTable } from './round-table.tsx'
import { Steering } from './steering.tsx'
import { useLive } from './use-live.ts'
import './overview.css'

/** A run at a glance: how far it is, what it yields and costs, beside what Self-Instruct’s filter would have kept; live while it is at work. */
export default function Overview({ run }: { readonly run: string }): ReactElement {
  const overview = useOverview(run)
  if (overview.data !== undefined) return <Shown run={run} overview={overview.data} problem={overview.error} />
  return overview.error === null ? <Loading what="the run" /> : <Failed error={overview.error} onRetry={overview.refetch} />
}

function Shown({ run, overview, problem }: { readonly run: string; readonly overview: RunOverview; readonly problem: Error | null }): ReactElement {
  const live = useLive(run, overview)
  const detail = useRun(run).data
  return (
    <div className="stack">
      {problem !== null && <p className="banner warn">{problem.message} The figures below may be old.</p>}
      <Steering run={run} overview={overview} live={live} budgetUsd={overview.budgetUsd} />
      {detail?.failure && (
        <p className="banner bad">Its last process could not begin: {detail.failure.message} The file process.log in the run’s folder has what it said.</p>
      )}
      <Figures overview={overview} detail={detail} />
      {overview.progress.length > 1 && <ProgressChart overview={overview} />}
      <div className="two-columns">
        <RejectionPanel run={run} overview={overview} />
        <EvaluationCharts evals={overview.evals} />
      </div>
      {overview.rounds.length > 0 && <RoundTable rounds={overview.rounds} />}
      <ConfigurationPanel run={run} detail={detail} notes={overview.notes} />
    </div>
  )
}
