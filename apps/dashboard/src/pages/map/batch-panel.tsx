import type { TrainingBatch } from '@sedi/spec/api'
import { type ReactElement, useEffect, useId, useRef, useState } from 'react'
import { Link } from 'wouter'
import { useTrainingBatch } from '../../api/map.ts'
import { formatCount, formatNumber } from '../../format.ts'
import { instructionAddress, seedAddress } from '../../parts/addresses.ts'
import { DataTable } from '../../parts/data-table.tsx'
import { Failed, Loading } from '../../parts/states.tsx'

type Props = {
  readonly run: string
  readonly step: number | undefined
  /** The last step there is. */
  readonly last: number
  readonly onStep: (step: number | undefined) => void
}

/** The batch of one step: chosen in the chart, by number, or one after the other. */
export function BatchPanel({ run, step, last, onStep }: Props): ReactElement {
  const title = useId()
  const { data, error, refetch } = useTrainingBatch(run, step)
  const panel = useRef<HTMLElement>(null)
  const [came] = useState(step)
  useEffect(() => {
    // Who comes by a link to a batch wants to see it, and not the map above it.
    if (came !== undefined && came === data?.step) panel.current?.scrollIntoView({ block: 'start' })
  }, [came, data?.step])
  return (
    <section ref={panel} aria-labelledby={title} className="panel stack batch-panel">
      <div className="row">
        <h3 id={title}>{step === undefined ? 'A batch' : `The batch of step ${step}`}</h3>
        <StepField key={step} step={step} last={last} onStep={onStep} />
        {step !== undefined && (
          <>
            <button type="button" className="button" disabled={step <= 1} onClick={() => onStep(step - 1)}>
              Before
            </button>
            <button type="button" className="button" disabled={step >= last} onClick={() => onStep(step + 1)}>
              Next
            </button>
            <button type="button" className="button quiet" onClick={() => onStep(undefined)}>
              Clear
            </button>
          </>
        )}
      </div>
      {step === undefined ? (
        <p className="muted">Click a step in the chart above, or give its number, to see what was trained on in it.</p>
      ) : error !== null ? (
        <Failed error={error} onRetry={() => refetch()} />
      ) : data === undefined ? (
        <Loading what="the batch" />
      ) : (
        <Batch run={run} batch={data} />
      )}
    </section>
  )
}

function StepField({ step, last, onStep }: Omit<Props, 'run'>): ReactElement {
  const [typed, setTyped] = useState(step === undefined ? '' : String(step))
  return (
    <form
      className="row"
      onSubmit={(event) => {
        event.preventDefault()
        const wanted = Number.parseInt(typed, 10)
        if (wanted >= 1) onStep(Math.min(wanted, last))
      }}
    >
      <label className="row">
        Step <input type="number" min={1} max={last} value={typed} onChange={({ target }) => setTyped(target.value)} />
      </label>
      <button type="submit" className="button">
        Show
      </button>
    </form>
  )
}

function Batch({ run, batch }: { readonly run: string; readonly batch: TrainingBatch }): ReactElement {
  const { round, epoch, composer, diversity, conflicts, loss, gradNorm, rows } = batch
  const known = {
    cluster: rows.some(({ cluster }) => cluster !== null),
    gap: rows.some(({ gap }) => gap !== null),
    masked: rows.some(({ masked }) => masked === true),
  }
  return (
    <>
      <p className="muted">
        Round {round}, epoch {epoch}: {formatCount(rows.length)} instructions composed by {composer}. Loss {formatNumber(loss)}, gradient norm{' '}
        {formatNumber(gradNorm)}, diversity {formatNumber(diversity)}, {formatCount(conflicts)} {conflicts === 1 ? 'conflict' : 'conflicts'}.
      </p>
      <DataTable
        caption={`Instructions in the batch of step ${batch.step}`}
        head={['Instruction', 'Text', 'Own loss', ...(known.gap ? ['Gap'] : []), ...(known.cluster ? ['Cluster'] : []), ...(known.masked ? ['Mask'] : [])]}
        textColumns={[0, 1]}
        rows={rows.map(({ id, text, loss, gap, cluster, masked, becameSeed }) => [
          <Link key="id" href={instructionAddress(run, id)} className="id">
            {id}
          </Link>,
          <>
            {text}{' '}
            {becameSeed && (
              <Link href={seedAddress(run, id)} className="badge good">
                <span aria-hidden="true">★</span> became a seed
              </Link>
            )}
          </>,
          formatNumber(loss),
          ...(known.gap ? [formatNumber(gap, 3)] : []),
          ...(known.cluster ? [cluster ?? '–'] : []),
          ...(known.masked ? [masked ? 'left out' : ''] : []),
        ])}
      />
    </>
  )
}
