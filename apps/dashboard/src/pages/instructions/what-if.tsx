import type { Thresholds } from '@sedi/spec/api'
import { type ReactElement, useId } from 'react'
import { useThresholds } from '../../api/instructions.ts'
import { formatCount, formatNumber, formatShare, formatSigned, formatUsd } from '../../format.ts'
import { StatTile, StatTiles } from '../../parts/stat-tile.tsx'
import { Empty, Failed, Loading } from '../../parts/states.tsx'
import { nearestPlace } from './nearest-place.ts'

type Props = {
  readonly run: string
  /** The threshold chosen; undefined: the run’s own. */
  readonly chosen: number | undefined
  readonly open: boolean
  readonly onOpen: (open: boolean) => void
  readonly onChoose: (threshold: number) => void
}

/** What the filter would have kept of the same answers at another threshold. The replay is asked for when this is opened. */
export function WhatIf({ run, chosen, open, onOpen, onChoose }: Props): ReactElement {
  const { data, error, refetch } = useThresholds(run, open)
  return (
    <details className="panel what-if" open={open} onToggle={({ currentTarget }) => currentTarget.open !== open && onOpen(currentTarget.open)}>
      <summary>What if the threshold were another?</summary>
      {!open ? null : error !== null ? (
        <Failed error={error} onRetry={() => refetch()} />
      ) : data === undefined ? (
        <Loading what="the replay" />
      ) : (
        <Replay data={data} chosen={chosen} onChoose={onChoose} />
      )}
    </details>
  )
}

function Replay({ data, chosen, onChoose }: { readonly data: Thresholds } & Pick<Props, 'chosen' | 'onChoose'>): ReactElement {
  const name = useId()
  const { state, progress, thresholds, recorded, raw, sampled, distinctOf, problem } = data
  if (problem !== null) return <Empty title="The filter could not be replayed">{problem}</Empty>
  if (state === 'computing' && thresholds.length === 0)
    return (
      <p className="computing" role="status">
        <label>
          Replaying the filter over what was written, once for each threshold… <progress value={progress} />
        </label>
      </p>
    )
  const place = nearestPlace(thresholds, chosen ?? recorded?.threshold ?? 0.85)
  const now = thresholds[place]
  if (now === undefined || raw === 0) return <Empty title="Nothing has been written yet">The slider is here as soon as the run has its first answers.</Empty>
  const isOwn = recorded !== null && now.threshold === recorded.threshold
  return (
    <div className="replay">
      <div className="slider">
        <label htmlFor={name}>
          ROUGE-L threshold <output htmlFor={name}>{now.threshold.toFixed(2)}</output>
          {isOwn && <span className="muted"> · this run’s own</span>}
        </label>
        <input
          id={name}
          type="range"
          min={0}
          max={thresholds.length - 1}
          step={1}
          value={place}
          list={`${name}-ticks`}
          aria-valuetext={`${now.threshold.toFixed(2)}: ${formatCount(now.kept)} kept, ${formatUsd(now.costPerKeptUsd)} each`}
          onChange={({ target }) => onChoose(thresholds[Number(target.value)]!.threshold)}
        />
        <datalist id={`${name}-ticks`}>
          {thresholds.map(({ threshold }, i) => (
            <option key={threshold} value={i} label={threshold.toFixed(2)} />
          ))}
        </datalist>
      </div>
      <StatTiles label={`At threshold ${now.threshold.toFixed(2)}`}>
        <StatTile
          name="Kept"
          value={formatCount(now.kept)}
          note={recorded === null || isOwn ? undefined : `${formatSigned(now.kept - recorded.kept)} against this run`}
        />
        <StatTile name="Too similar" value={formatCount(now.rejected)} note={`with all other reasons ${formatShare(now.rejectedShare)} rejected`} />
        <StatTile name="Dollars per kept" value={formatUsd(now.costPerKeptUsd)} note="of the same bill" />
        <StatTile
          name="Different word pairs"
          value={formatShare(now.distinct2)}
          note={distinctOf === null ? undefined : `over ${formatCount(distinctOf)} texts each`}
        />
      </StatTiles>
      <Bars data={data} place={place} onChoose={onChoose} />
      <p className="muted">
        An exact replay: at each threshold the same answers meet a pool of their own.
        {state === 'computing' && ` More of the run is being replayed: ${formatShare(progress, 0)} done.`}
        {sampled !== null && ` Of the first ${formatCount(sampled)} texts of the run only; every figure here is of those.`} Prompts, and so answers, could have
        been others had the run itself gone by it.
      </p>
    </div>
  )
}

/** Kept and rejected at every threshold, the chosen one marked; each row is a button. */
function Bars({
  data: { thresholds, recorded, raw },
  place,
  onChoose,
}: { readonly data: Thresholds; readonly place: number } & Pick<Props, 'onChoose'>): ReactElement {
  return (
    <div className="table-scroll">
      <table className="bars">
        <caption className="hidden-text">What each threshold would have kept</caption>
        <thead>
          <tr>
            <th scope="col">Threshold</th>
            <th scope="col" className="wide">
              Share kept
            </th>
            <th scope="col" className="figure">
              Kept
            </th>
            <th scope="col" className="figure">
              Rejected
            </th>
            <th scope="col" className="figure">
              $ per kept
            </th>
          </tr>
        </thead>
        <tbody>
          {thresholds.map(({ threshold, kept, rejected, costPerKeptUsd }, i) => (
            <tr key={threshold} className={i === place ? 'chosen' : ''}>
              <th scope="row">
                <button type="button" className="plain" aria-pressed={i === place} onClick={() => onChoose(threshold)}>
                  {threshold.toFixed(2)}
                </button>
                {threshold === recorded?.threshold && <span className="muted"> this run</span>}
              </th>
              <td className="wide">
                <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                  <rect className="track" width="100" height="8" />
                  <rect className="under" width={(100 * kept) / raw} height="8" />
                </svg>
              </td>
              <td className="figure">{formatCount(kept)}</td>
              <td className="figure">{formatCount(rejected)}</td>
              <td className="figure">{formatUsd(costPerKeptUsd)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {recorded !== null && !thresholds.some(({ threshold }) => threshold === recorded.threshold) && (
        <p className="muted">
          This run filtered at {formatNumber(recorded.threshold)} and kept {formatCount(recorded.kept)}.
        </p>
      )}
    </div>
  )
}
