import type { ReactElement } from 'react'
import { formatCount } from '../../format.ts'
import type { GroupedBy, PointGroup } from './point-groups.ts'

type Props = {
  readonly groups: readonly PointGroup[]
  readonly chosen: string | undefined
  readonly by: GroupedBy
  /** Undefined: all of them again. */
  readonly onChoose: (key: string | undefined) => void
}

/** What each colour and shape stands for; a group that is chosen stands out, chosen again it steps back. */
export function Legend({ groups, chosen, by, onChoose }: Props): ReactElement {
  return (
    <section aria-label={`Legend: by ${by}`} className="legend">
      <ul>
        {groups.map((group) => (
          <li key={group.key}>
            <button type="button" aria-pressed={group.key === chosen} onClick={() => onChoose(group.key === chosen ? undefined : group.key)}>
              <Sign group={group} />
              <span className="legend-name">{group.name}</span>
              <span className="muted">{formatCount(group.points.length)}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** A point of the group, as the map draws it. */
function Sign({ group: { colour, shape } }: { readonly group: PointGroup }): ReactElement {
  const fill =
    'series' in colour ? `var(--series-${colour.series + 1})` : `color-mix(in srgb, var(--series-1) ${Math.round(colour.between * 100)}%, var(--series-2))`
  return (
    <svg viewBox="0 0 12 12" className="sign" style={{ fill }} aria-hidden="true">
      {outlines[shape]}
    </svg>
  )
}

const outlines: Readonly<Record<PointGroup['shape'], ReactElement>> = {
  circle: <circle cx="6" cy="6" r="5" />,
  triangle: <path d="M6 1 L11 11 L1 11 Z" />,
  diamond: <path d="M6 0.5 L11 6 L6 11.5 L1 6 Z" />,
  rect: <rect x="1.5" y="1.5" width="9" height="9" />,
}
