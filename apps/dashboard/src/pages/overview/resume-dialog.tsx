import { type FormEvent, type ReactElement, useState } from 'react'
import type { ResumeOptions } from '../../api/runs.ts'
import { formatUsd } from '../../format.ts'
import { Dialog } from '../../parts/dialog.tsx'

type Props = {
  readonly created: boolean
  /** Why it stands still; empty when it has not begun. */
  readonly reason: string
  readonly budgetUsd: number | null
  readonly onClose: () => void
  readonly onResume: (options: ResumeOptions) => void
}

/** Going on may spend money: the budget is said, and may be changed. */
export function ResumeDialog({ created, reason, budgetUsd, onClose, onResume }: Props): ReactElement {
  const [budget, setBudget] = useState('')
  const [concurrency, setConcurrency] = useState('')
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    onResume({
      ...(budget === '' ? {} : { maxCostUsd: Number(budget) }),
      ...(concurrency === '' ? {} : { concurrency: Number(concurrency) }),
    })
  }
  return (
    <Dialog title={created ? 'Start this run' : 'Resume this run'} onClose={onClose}>
      <form onSubmit={submit} className="dialog-form">
        {reason !== '' && <p className="muted">It stands still: {reason}</p>}
        <p>
          {budgetUsd === null
            ? 'It has no budget: nothing but its target ends it.'
            : `Its budget is ${formatUsd(budgetUsd)} for the whole run, with what it cost so far.`}
        </p>
        <label htmlFor="resume-budget">
          Another budget for the whole run, in dollars <span className="muted">(empty: as it is)</span>
        </label>
        <input id="resume-budget" type="number" min="0" step="any" inputMode="decimal" value={budget} onChange={({ target }) => setBudget(target.value)} />
        <label htmlFor="resume-concurrency">
          Most calls in flight <span className="muted">(empty: as it is)</span>
        </label>
        <input
          id="resume-concurrency"
          type="number"
          min="1"
          max="10000"
          step="1"
          inputMode="numeric"
          value={concurrency}
          onChange={({ target }) => setConcurrency(target.value)}
        />
        <div className="row dialog-buttons">
          <button type="button" className="button" onClick={onClose}>
            Leave it
          </button>
          <button type="submit" className="button primary">
            {created ? 'Start' : 'Resume'}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
