import type { DiversityMap } from '@sedi/spec/api'
import { type ReactElement, useMemo } from 'react'
import { Link } from 'wouter'
import { formatCount } from '../../format.ts'
import { instructionAddress, instructionsAddress } from '../../parts/addresses.ts'
import { type GroupedBy, type MapPoint, neighboursOf, type PointGroup } from './point-groups.ts'

const listed = 30
const near = 8

type Props = {
  readonly run: string
  readonly map: DiversityMap
  readonly by: GroupedBy
  readonly group: PointGroup | undefined
  readonly point: MapPoint | undefined
  readonly onPoint: (id: string | undefined) => void
}

/** What is chosen in the map: a point and what lies around it, or a group. For who does not point with a mouse, the way into the map. */
export function PointList({ run, map, by, group, point, onPoint }: Props): ReactElement {
  const neighbours = useMemo(() => (point === undefined ? [] : neighboursOf(map.points, point, near)), [map, point])
  if (point !== undefined)
    return (
      <section aria-label="Chosen point" className="panel point-list">
        <div className="row">
          <h3>
            <code>{point.id}</code>
          </h3>
          <button type="button" className="button quiet" onClick={() => onPoint(undefined)}>
            Clear
          </button>
        </div>
        <p>{point.text}</p>
        <p className="muted">
          {point.verdict}, round {point.round}, cluster {point.cluster}
        </p>
        <p>
          <Link href={instructionAddress(run, point.id)}>Open this instruction</Link>
        </p>
        <h4>Around it</h4>
        <Points run={run} points={neighbours} onPoint={onPoint} />
      </section>
    )
  if (group !== undefined)
    return (
      <section aria-label="Chosen group" className="panel point-list">
        <h3>{group.name}</h3>
        <p className="muted">
          {formatCount(group.points.length)} points; {formatCount(group.points.filter(({ verdict }) => verdict === 'kept').length)} of them kept.
          {by !== 'cluster' && (
            <>
              {' '}
              <Link href={instructionsAddress(run, `${by}=${group.key}`)}>All of them as a list</Link>
            </>
          )}
        </p>
        <Points run={run} points={group.points.slice(0, listed)} onPoint={onPoint} />
        {group.points.length > listed && <p className="muted">The first {listed}.</p>}
      </section>
    )
  return <p className="muted">Choose a point, or a group in the legend, to see what it is made of.</p>
}

function Points({
  run,
  points,
  onPoint,
}: {
  readonly run: string
  readonly points: readonly MapPoint[]
  readonly onPoint: (id: string) => void
}): ReactElement {
  return (
    <ul className="points">
      {points.map(({ id, text, verdict }) => (
        <li key={id}>
          <button type="button" onClick={() => onPoint(id)} title="Show it in the map">
            <span className={`verdict ${verdict}`}>
              <span aria-hidden="true">{verdict === 'kept' ? '✓' : '✕'}</span>
              <span className="hidden-text">{verdict}</span>
            </span>{' '}
            {text === '' ? '(no instruction could be read)' : text}
          </button>{' '}
          <Link href={instructionAddress(run, id)} aria-label={`Open ${id}`}>
            open
          </Link>
        </li>
      ))}
    </ul>
  )
}
