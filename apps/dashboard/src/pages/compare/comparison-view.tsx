import type { ReactElement } from 'react'
import type { Comparison } from '../../api/compare.ts'
import { formatCount, formatShare } from '../../format.ts'
import { DataTable } from '../../parts/data-table.tsx'
import { changedIn, diversityRows, sayConfigured, sidesOf } from './compare.ts'
import { DifferenceChart } from './difference-chart.tsx'
import { Quote } from './quote.tsx'
import { SpendingChart } from './spending-chart.tsx'

type Props = {
  readonly comparison: Comparison
  readonly ids: readonly [string, string]
  /** More is being measured of the same two. */
  readonly measuring: boolean
  readonly problem: Error | null
  readonly onMeasure: () => void
}

/** What may be said first, then the figures it rests on. */
export function ComparisonView({ comparison, ids, measuring, problem, onMeasure }: Props): ReactElement {
  const { runs, configuration, evaluations, diversity, notes, quote, heldOut } = comparison
  const names = runs.map(({ label }, i) => `${label} · ${ids[i]}`)
  return (
    <div className="stack">
      <Quote text={quote} />
      {notes.length > 0 && (
        <ul className="notes">
          {notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
      <section className="panel" aria-labelledby="side-by-side">
        <h2 id="side-by-side">Side by side</h2>
        <DataTable caption="Side by side" head={['Figure', ...names]} rows={sidesOf(comparison)} />
      </section>
      {evaluations.length === 0 ? (
        <section className="panel" aria-labelledby="answers">
          <h2 id="answers">Answers to the same questions</h2>
          <p className="muted">
            {heldOut === null ? 'The runs have no test set in common, so that their students cannot be compared.' : 'No evaluator has scored both of them.'}
          </p>
        </section>
      ) : (
        evaluations.map((evaluation) => <DifferenceChart key={evaluation.evaluator} evaluation={evaluation} />)
      )}
      <SpendingChart runs={runs} ids={ids} />
      <div className="two-columns">
        <section className="panel" aria-labelledby="configured">
          <h2 id="configured">Configured differently</h2>
          {configuration.length === 0 ? (
            <p className="muted">In nothing that changes results.</p>
          ) : (
            <DataTable
              caption="Configured differently"
              head={['Key', 'A', 'B']}
              rows={configuration.map(({ key, values }) => [<code key={key}>{key}</code>, ...values.map((value) => changedIn(sayConfigured(value)))])}
              textColumns={[0, 1, 2]}
            />
          )}
        </section>
        <section className="panel" aria-labelledby="varied">
          <h2 id="varied">How varied</h2>
          {diversity === null ? (
            <div className="stack-tight">
              <p className="muted">Measured over many drawings of what each kept, which takes some seconds for each run.</p>
              <button type="button" className="button measure" disabled={measuring} onClick={onMeasure}>
                {measuring ? 'Measuring…' : 'Measure'}
              </button>
              {problem !== null && (
                <p className="field-problem" role="alert">
                  {problem.message}
                </p>
              )}
            </div>
          ) : (
            <>
              <p className="muted">
                Over {formatCount(diversity.size)} kept instructions of each, drawn {formatCount(diversity.repetitions)} times: mean ± standard deviation.
              </p>
              <DataTable caption="How varied" head={['Measure', 'A', 'B']} rows={diversityRows(diversity.datasets)} />
            </>
          )}
        </section>
      </div>
      {heldOut !== null && (
        <p className="muted">
          {formatCount(heldOut.items)} test items in {formatCount(heldOut.groups)} groups. Intervals are {formatShare(0.95, 0)}.
        </p>
      )}
    </div>
  )
}
