import type { ReactElement } from 'react'
import type { Plan } from '../../api/config.ts'
import type { Issue } from '../../api/problem.ts'
import { formatCount, formatOf, formatUsd } from '../../format.ts'
import type { Draft } from './draft.ts'
import { valueAt } from './draft.ts'
import { fieldId } from './issues.ts'

type Props = {
  readonly plan: Plan | undefined
  readonly stale: boolean
  readonly error: Error | null
  readonly issues: readonly Issue[]
  readonly draft: Draft
}

/** What the run would do and cost, or what is wrong with it. Nothing is sent to any provider for it. */
export function PlanPanel({ plan, stale, error, issues, draft }: Props): ReactElement {
  return (
    <section className={`panel plan ${stale ? 'stale' : ''}`} aria-labelledby="plan" aria-busy={stale}>
      <h2 id="plan">Estimate</h2>
      {error !== null ? (
        <Problems error={error} issues={issues} />
      ) : plan === undefined ? (
        <p className="muted">Reckoning…</p>
      ) : (
        <Estimate plan={plan} draft={draft} />
      )}
    </section>
  )
}

function Problems({ error, issues }: { readonly error: Error; readonly issues: readonly Issue[] }): ReactElement {
  if (issues.length === 0) return <p className="field-problem">{error.message}</p>
  return (
    <>
      <p className="field-problem">{formatOf(issues.length, 'thing')} to mend before it can start:</p>
      <ul className="issue-list">
        {issues.map(({ path, message }) => (
          <li key={path + message}>
            <a href={`#${fieldId(path.split('.'))}`} onClick={(event) => goTo(path) && event.preventDefault()}>
              {path}
            </a>
            : {message}
          </li>
        ))}
      </ul>
    </>
  )
}

/** The nearest field that there is for a path; opens what it is hidden in. */
function goTo(path: string): boolean {
  for (let keys = path.split('.'); keys.length > 0; keys = keys.slice(0, -1)) {
    const field = document.getElementById(fieldId(keys))
    if (field === null) continue
    for (let place: Element | null = field; place !== null; place = place.parentElement) if (place instanceof HTMLDetailsElement) place.open = true
    field.scrollIntoView({ block: 'center' })
    field.focus({ preventScroll: true })
    return true
  }
  return false
}

function Estimate({
  plan: { estimate, seeds, testItems, benchmarkQuestions, existingTexts, signal, mask, notes },
  draft,
}: {
  readonly plan: Plan
  readonly draft: Draft
}): ReactElement {
  const worst = dollars(estimate.worstCaseNanoUsd)
  const budget = valueAt(draft, ['budget', 'maxCostUsd'])
  const perCall = dollars(estimate.worstCaseNanoUsdPerCall)
  const rows: readonly (readonly [string, string])[] = [
    ['Answers', estimate.calls === undefined ? 'until the target is reached' : formatCount(estimate.calls)],
    ['Tokens in, a call', `about ${formatCount(estimate.inputTokensPerCall.likely)}, at most ${formatCount(estimate.inputTokensPerCall.atMost)}`],
    ['Tokens out, a call', `at most ${formatCount(estimate.outputTokensPerCall.atMost)}`],
    ...(estimate.followUpsPerCall.atMost > 0 ? [['Questions after it', `at most ${formatCount(estimate.followUpsPerCall.atMost)}`] as const] : []),
    ['A call costs', perCall === null ? 'unknown' : `at most ${formatUsd(perCall)}`],
    ['Seeds', formatCount(seeds)],
    ['Test items', testItems === 0 ? 'none' : formatCount(testItems)],
    ...(benchmarkQuestions > 0 ? [['Benchmark questions', formatCount(benchmarkQuestions)] as const] : []),
    ...(existingTexts > 0 ? [['Existing texts', formatCount(existingTexts)] as const] : []),
    ['Signal', signal ?? 'none'],
    ['Mask', mask],
  ]
  return (
    <>
      <p className="plan-cost">
        {worst === null ? 'Cost unknown' : `At most ${formatUsd(worst)}`}
        <span>
          {typeof budget === 'number'
            ? worst !== null && worst <= budget
              ? `within the budget of ${formatUsd(budget)}`
              : `the run pauses before it exceeds ${formatUsd(budget)}`
            : 'no budget: nothing stops it before its target'}
        </span>
      </p>
      <dl className="plan-rows">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {notes.length > 0 && (
        <ul className="notes">
          {notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
    </>
  )
}

const dollars = (nano: number | null): number | null => (nano === null ? null : nano / 1e9)
