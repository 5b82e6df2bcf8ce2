import type { ReactElement } from 'react'
import { Link } from 'wouter'
import { useComparison } from '../../api/compare.ts'
import { ApiProblem } from '../../api/problem.ts'
import { type RunSummary, useRuns } from '../../api/runs.ts'
import { useSearch } from '../../api/use-search.ts'
import { PageHead } from '../../parts/page-head.tsx'
import { Empty, Failed, Loading } from '../../parts/states.tsx'
import { ComparisonView } from './comparison-view.tsx'
import './compare.css'

/** Two runs side by side; which two stands in the address. */
export default function Compare(): ReactElement {
  const runs = useRuns()
  return (
    <>
      <PageHead title="Compare" />
      {runs.data !== undefined ? (
        <Chosen runs={runs.data} />
      ) : runs.error !== null ? (
        <Failed error={runs.error} onRetry={runs.refetch} />
      ) : (
        <Loading what="the runs" />
      )}
    </>
  )
}

function Chosen({ runs }: { readonly runs: readonly RunSummary[] }): ReactElement {
  const [search, setSearch] = useSearch()
  const a = search.get('a') ?? ''
  const b = search.get('b') ?? ''
  if (runs.length < 2)
    return (
      <Empty title="A comparison takes two runs.">
        <p>
          {runs.length === 0 ? 'There is none in this store yet.' : 'There is one in this store.'} <Link href="/new">Plan a run</Link>.
        </p>
      </Empty>
    )
  return (
    <div className="stack">
      <div className="row compare-pick">
        <Picker name="a" label="A, the baseline" value={a} runs={runs} onChange={(run) => setSearch({ a: run, unfinished: '' }, true)} />
        <button type="button" className="button" aria-label="Swap A and B" disabled={a === '' && b === ''} onClick={() => setSearch({ a: b, b: a }, true)}>
          ⇄
        </button>
        <Picker name="b" label="B" value={b} runs={runs} onChange={(run) => setSearch({ b: run, unfinished: '' }, true)} />
      </div>
      <Result a={a} b={b} />
    </div>
  )
}

type PickerProps = {
  readonly name: string
  readonly label: string
  readonly value: string
  readonly runs: readonly RunSummary[]
  readonly onChange: (run: string) => void
}

function Picker({ name, label, value, runs, onChange }: PickerProps): ReactElement {
  const readable = runs.filter(({ state }) => state !== 'unreadable').toReversed()
  return (
    <div className="field">
      <label htmlFor={`run-${name}`}>{label}</label>
      <select id={`run-${name}`} value={value} onChange={({ target }) => onChange(target.value)}>
        <option value="">Choose a run…</option>
        {value !== '' && !readable.some(({ runId }) => runId === value) && <option value={value}>{value} (not in this store)</option>}
        {readable.map(({ runId, recipe, state }) => (
          <option key={runId} value={runId}>
            {runId} · {recipe} · {state}
          </option>
        ))}
      </select>
    </div>
  )
}

const noRuns = { a: '', b: '', unfinished: false, diversity: false }

/** The comparison, and when it is wished what takes longer to measure, as soon as it is there. */
function Result({ a, b }: { readonly a: string; readonly b: string }): ReactElement {
  const [search, setSearch] = useSearch()
  const unfinished = search.get('unfinished') === 'true'
  const measure = search.get('diversity') === 'true'
  const comparison = useComparison({ a, b, unfinished, diversity: false })
  const measured = useComparison(measure && comparison.data !== undefined ? { a, b, unfinished, diversity: true } : noRuns)
  if (a === '' || b === '') return <Empty title="Choose two runs: differences are B − A, on the same test items." />
  if (a === b) return <Empty title="These are the same run. Choose another one for A or B." />
  if (comparison.data !== undefined)
    return (
      <ComparisonView
        comparison={measured.data ?? comparison.data}
        ids={[a, b]}
        measuring={measured.isFetching}
        problem={measured.error}
        onMeasure={() => (measure ? void measured.refetch() : setSearch({ diversity: 'true' }))}
      />
    )
  if (comparison.error === null) return <Loading what="the comparison" />
  const mayBeEarly = comparison.error instanceof ApiProblem && comparison.error.code === 'conflict' && !unfinished
  return (
    <div className="stack-tight">
      <Failed error={comparison.error} onRetry={comparison.refetch} />
      {mayBeEarly && (
        <p>
          <button type="button" className="button" onClick={() => setSearch({ unfinished: 'true' })}>
            Compare them as they are
          </button>{' '}
          <span className="muted">by the last round that both have evaluated, if they are only not done.</span>
        </p>
      )}
    </div>
  )
}
