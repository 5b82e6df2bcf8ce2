import type { InstructionDetail } from '@sedi/spec/api'
import { type ReactElement, type ReactNode, type Ref, useId } from 'react'
import { Link } from 'wouter'
import { useInstruction } from '../../api/instructions.ts'
import { formatCount, formatNumber, formatUsd } from '../../format.ts'
import { batchAddress, instructionAddress, seedAddress } from '../../parts/addresses.ts'
import { DataTable } from '../../parts/data-table.tsx'
import { Failed, Loading } from '../../parts/states.tsx'
import { MarkedText } from './marked-text.tsx'
import { ScoreBar } from './score-bar.tsx'
import { priceShare, whySentence } from './why.ts'

type Props = {
  readonly run: string
  readonly id: string
  readonly onClose: () => void
  /** Where the focus goes when the pane covers the list. */
  readonly heading: Ref<HTMLHeadingElement>
}

/** Everything about one instruction. */
export function DetailPane({ run, id, onClose, heading }: Props): ReactElement {
  const title = useId()
  const { data, error, isPlaceholderData, refetch } = useInstruction(run, id)
  const isOther = isPlaceholderData && data?.id !== id
  return (
    <aside className="detail-pane panel" aria-labelledby={title} onKeyDown={({ key }) => key === 'Escape' && onClose()}>
      <div className="detail-head">
        <h2 id={title} ref={heading} tabIndex={-1}>
          <code>{id}</code>
        </h2>
        <button type="button" className="button quiet" onClick={onClose}>
          Close
        </button>
      </div>
      {error !== null ? (
        <Failed error={error} onRetry={() => refetch()} />
      ) : data === undefined ? (
        <Loading what="the instruction" />
      ) : (
        <div className={isOther ? 'stale' : ''} aria-busy={isOther}>
          <Detail run={run} detail={data} />
        </div>
      )}
    </aside>
  )
}

function Detail({ run, detail }: { readonly run: string; readonly detail: InstructionDetail }): ReactElement {
  const { instruction, input, output, verdict, score, threshold, measure, nearest, commonWords, parents, flags, trainedIn, trainedTimes, maskedSteps, seed } =
    detail
  const share = priceShare(detail.costUsd, detail.call.costUsd, detail.call.items)
  return (
    <>
      <p className={`why ${verdict}`}>
        <span aria-hidden="true">{verdict === 'kept' ? '✓' : '✕'}</span> {whySentence(detail)}
      </p>
      {flags.map(({ check, detail: seen }) => (
        <p key={check + seen} className="why flagged">
          <span aria-hidden="true">!</span> Flagged by the check {check}: {seen}
        </p>
      ))}
      {score !== null && threshold !== null && <ScoreBar score={score} threshold={threshold} measure={measure ?? 'rouge-l'} />}
      <div className="side-by-side">
        <section aria-label="Its own text">
          <h3>This one</h3>
          {instruction === '' ? <p className="muted">No instruction could be read.</p> : <MarkedText text={instruction} ranges={commonWords?.own ?? []} />}
          {input !== '' && <Part name="Input" text={input} />}
          {output !== '' && <Part name="Output" text={output} />}
        </section>
        {nearest !== null && (
          <section aria-label="The nearest earlier text">
            <h3>
              Nearest: <TextLink run={run} id={nearest.id} is={nearest.is} />
            </h3>
            <MarkedText text={nearest.text} ranges={commonWords?.nearest ?? []} />
            <p className="muted">
              {nearest.is === 'seed'
                ? 'A seed.'
                : nearest.is === 'existing'
                  ? 'Of the data that was there before the run.'
                  : `${nearest.verdict ?? ''}, round ${nearest.round ?? '–'}.`}
              {commonWords !== null && ' Marked: the words both have, in the same order.'}
            </p>
          </section>
        )}
      </div>
      <dl className="facts">
        <Fact name="Price">
          {formatUsd(detail.costUsd)}
          {share !== undefined && <span className="muted"> · {share}</span>}
          {detail.followUps.length > 0 && <span className="muted"> · with {detail.followUps.map(({ stage }) => stage).join(', ')} asked later</span>}
        </Fact>
        <Fact name="Written by">
          {detail.call.provider} {detail.call.modelId}{' '}
          <span className="muted">
            in {detail.call.callId}, round {detail.round}
          </span>
        </Fact>
        <Fact name="Parents">
          {parents.length === 0 ? (
            <span className="muted">none: its prompt showed no seed</span>
          ) : (
            <ul>
              {parents.map(({ seedId, origin, text }) => (
                <li key={seedId}>
                  <Link href={seedAddress(run, seedId)}>{seedId}</Link> <span className="muted">({origin})</span> {text}
                </li>
              ))}
            </ul>
          )}
        </Fact>
        {seed.map(({ addedRound, evictedRound, step, signal, score: value, reason }) => (
          <Fact key={addedRound} name="Became a seed">
            <Link href={seedAddress(run, detail.id)}>at the end of round {addedRound}</Link>, {reason}
            {step !== null && (
              <>
                {' '}
                · from the batch of <Link href={batchAddress(run, step)}>step {step}</Link>
                {value !== null && ` (${signal ?? 'signal'} ${formatNumber(value)})`}
              </>
            )}
            {evictedRound !== null && <span className="muted"> · left after round {evictedRound}</span>}
          </Fact>
        ))}
        <Fact name="Trained on">
          {trainedTimes === 0 ? (
            <span className="muted">{verdict === 'kept' ? 'no batch yet' : 'no batch: it was rejected'}</span>
          ) : (
            <>
              in {formatCount(trainedTimes)} {trainedTimes === 1 ? 'batch' : 'batches'}
              {maskedSteps.length > 0 && (
                <span className="muted">
                  {' '}
                  · left out of the loss in {maskedSteps.length === 1 ? `step ${maskedSteps[0]}` : `steps ${maskedSteps.join(', ')}`}
                </span>
              )}
            </>
          )}
        </Fact>
      </dl>
      {trainedIn.length > 0 && (
        <DataTable
          caption="Batches it was in"
          head={['Step', 'Round', 'Own loss', 'Batch loss', 'Gradient norm', 'Gap']}
          textColumns={[]}
          rows={trainedIn.map(({ step, round, loss, batchLoss, gradNorm, gap, masked }) => [
            <Link key="step" href={batchAddress(run, step)}>
              {step}
            </Link>,
            round,
            masked ? `${formatNumber(loss)} (left out)` : formatNumber(loss),
            formatNumber(batchLoss),
            formatNumber(gradNorm),
            formatNumber(gap, 3),
          ])}
        />
      )}
      {trainedTimes > trainedIn.length && <p className="muted">The latest {trainedIn.length} of them.</p>}
    </>
  )
}

const Part = ({ name, text }: { readonly name: string; readonly text: string }): ReactElement => (
  <>
    <h4>{name}</h4>
    <p className="task-text">{text}</p>
  </>
)

const Fact = ({ name, children }: { readonly name: string; readonly children: ReactNode }): ReactElement => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
)

/** A text the run knows, by what it is. */
function TextLink({ run, id, is }: { readonly run: string; readonly id: string; readonly is: 'instruction' | 'seed' | 'existing' }): ReactElement {
  if (is === 'existing') return <code>{id}</code>
  return <Link href={is === 'seed' ? seedAddress(run, id) : instructionAddress(run, id)}>{id}</Link>
}
