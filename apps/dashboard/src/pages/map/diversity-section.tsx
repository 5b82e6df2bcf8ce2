import type { DiversityMap } from '@sedi/spec/api'
import { type ReactElement, useMemo } from 'react'
import { useMap } from '../../api/map.ts'
import { formatCount } from '../../format.ts'
import { Chart } from '../../parts/chart.tsx'
import { Empty, Failed, Loading } from '../../parts/states.tsx'
import { useAddress } from '../../parts/use-address.ts'
import { Legend } from './legend.tsx'
import { mapOption } from './map-option.ts'
import { type GroupedBy, pointAt, pointGroups } from './point-groups.ts'
import { PointList } from './point-list.tsx'

const drawn = 5000

/** How near a click has to be to a point, in the map’s units: from −1 to 1. */
const reach = 0.05

const ways: readonly (readonly [GroupedBy, string])[] = [
  ['cluster', 'Cluster'],
  ['round', 'Round'],
  ['verdict', 'Verdict'],
]

export function DiversitySection({ run }: { readonly run: string }): ReactElement {
  const { data, error, refetch } = useMap(run, drawn)
  return (
    <section aria-labelledby="map-title" className="stack">
      <h2 id="map-title">What was written</h2>
      {error !== null && data === undefined ? (
        <Failed error={error} onRetry={() => refetch()} />
      ) : data === undefined ? (
        <Loading what="the map" />
      ) : data.problem !== null ? (
        <Empty title="The map could not be drawn">{data.problem}</Empty>
      ) : data.state === 'computing' && data.points.length === 0 ? (
        <p className="computing" role="status">
          <label>
            Placing up to {formatCount(drawn)} texts… <progress value={data.progress} />
          </label>
        </p>
      ) : data.points.length === 0 ? (
        <Empty title="Nothing to place yet">The map is here as soon as the run has its first texts.</Empty>
      ) : (
        <PointMap run={run} map={data} />
      )}
    </section>
  )
}

function PointMap({ run, map }: { readonly run: string; readonly map: DiversityMap }): ReactElement {
  const { given, change } = useAddress()
  const by = ways.find(([way]) => way === given.by)?.[0] ?? 'cluster'
  const groups = useMemo(() => pointGroups(map, by), [map, by])
  const group = groups.find(({ key }) => key === given.group)
  const point = useMemo(() => map.points.find(({ id }) => id === given.point), [map, given.point])
  const drawing = useMemo(() => ({ groups, group: group?.key, point }), [groups, group, point])

  const choosePlace = (x: number, y: number): void => {
    const among = group === undefined ? map.points : group.points
    change({ point: pointAt(among, x, y, reach)?.id }, true)
  }
  const choice = (
    <fieldset className="ways">
      <legend className="hidden-text">Coloured by</legend>
      {ways.map(([way, name]) => (
        <label key={way}>
          <input type="radio" name="by" checked={by === way} onChange={() => change({ by: way === 'cluster' ? undefined : way, group: undefined }, true)} />{' '}
          {name}
        </label>
      ))}
    </fieldset>
  )
  return (
    <div className="map-and-side">
      <Chart
        title="Texts near each other have similar words"
        summary={`${sampleText(map)} ${map.method} Click a point to see what it is and what lies around it.`}
        option={(colours) => mapOption(colours, drawing)}
        data={drawing}
        height={480}
        tools={choice}
        onPlace={choosePlace}
      />
      <div className="map-side stack">
        <Legend groups={groups} chosen={group?.key} by={by} onChoose={(key) => change({ group: key, point: undefined }, true)} />
        <PointList run={run} map={map} group={group} point={point} by={by} onPoint={(id) => change({ point: id }, true)} />
      </div>
    </div>
  )
}

const sampleText = ({ points, of, sampled }: DiversityMap): string =>
  sampled ? `A sample of ${formatCount(points.length)} of ${formatCount(of)} texts, evenly over the run.` : `All ${formatCount(of)} texts.`
