import { type ReactElement, useState } from 'react'
import { Link } from 'wouter'
import { runAddress } from '../../api/client.ts'
import type { LiveState } from '../../api/events.ts'
import { isAtWork, type RunOverview, useSteering } from '../../api/runs.ts'
import { CancelDialog } from './cancel-dialog.tsx'
import { ResumeDialog } from './resume-dialog.tsx'
import { saidOf } from './said.ts'

type Props = { readonly run: string; readonly overview: RunOverview; readonly live: LiveState; readonly budgetUsd: number | null }

const liveWords: Readonly<Record<LiveState, string>> = {
  live: 'Live',
  waiting: 'Connection lost, trying again…',
  off: '',
}

/** What can be done with a run in its state, and what came of the last thing that was asked of it. */
export function Steering({ run, overview, live, budgetUsd }: Props): ReactElement {
  const { stop, resume } = useSteering(run)
  const [open, setOpen] = useState<'resume' | 'cancel'>()
  const { state, reason } = overview
  const over = state === 'done' || state === 'cancelled'
  const asking = stop.isPending || resume.isPending
  const error = stop.error ?? resume.error
  const forget = (): void => {
    stop.reset()
    resume.reset()
  }
  return (
    <section className="steering" aria-label="Steering">
      <div className="row">
        {isAtWork(state) && (
          <button
            type="button"
            className="button"
            disabled={asking}
            onClick={() => {
              forget()
              stop.mutate('pause')
            }}
          >
            {stop.isPending && stop.variables === 'pause' ? 'Pausing…' : 'Pause'}
          </button>
        )}
        {!over && !isAtWork(state) && (
          <button type="button" className="button primary" disabled={asking} onClick={() => setOpen('resume')}>
            {resume.isPending ? 'Starting…' : state === 'created' ? 'Start…' : 'Resume…'}
          </button>
        )}
        {!over && (
          <button type="button" className="button danger" disabled={asking} onClick={() => setOpen('cancel')}>
            {stop.isPending && stop.variables === 'cancel' ? 'Cancelling…' : 'Cancel…'}
          </button>
        )}
        <Link className="button" href={`/compare?b=${encodeURIComponent(run)}`}>
          Compare…
        </Link>
        <Link className="button" href={`/new?from=${encodeURIComponent(run)}`}>
          New run like this
        </Link>
        {overview.kept > 0 && (
          <a className="button" href={runAddress(run, '/export')} download={`${run}.jsonl`}>
            Download kept
          </a>
        )}
        {live !== 'off' && <span className={`live ${live}`}>{liveWords[live]}</span>}
      </div>
      <p className="steering-said" role="status">
        {error !== null ? '' : saidOf(state, reason, stop.data)}
      </p>
      {error !== null && (
        <p className="banner bad" role="alert">
          {error.message}
        </p>
      )}
      {open === 'resume' && (
        <ResumeDialog
          created={state === 'created'}
          reason={state === 'created' ? '' : reason}
          budgetUsd={budgetUsd}
          onClose={() => setOpen(undefined)}
          onResume={(options) => {
            setOpen(undefined)
            forget()
            resume.mutate(options)
          }}
        />
      )}
      {open === 'cancel' && (
        <CancelDialog
          atWork={isAtWork(state)}
          onClose={() => setOpen(undefined)}
          onStop={(action) => {
            setOpen(undefined)
            forget()
            stop.mutate(action)
          }}
        />
      )}
    </section>
  )
}
