import type { Lineage } from '@sedi/spec/api'
import { type ReactElement, useState } from 'react'
import { formatCount, formatNumber, formatShare } from '../../format.ts'
import type { LineageSeed } from './lineage-layout.ts'
import { type SeedFilter, seedFilters } from './seed-filters.ts'

type Props = {
  readonly lineage: Lineage
  readonly shown: readonly LineageSeed[]
  readonly filter: SeedFilter
  /** The last round there is. */
  readonly rounds: number
  readonly focus: string | undefined
  readonly onFilter: (filter: SeedFilter) => void
  readonly onFocus: (seedId: string) => void
}

/** Rows shown at first, and with each wish for more. */
const atOnce = 100

/** Every seed the run had, with its time in the seed set drawn beside it. */
export function SeedTable({ lineage, shown, filter, rounds, focus, onFilter, onFocus }: Props): ReactElement {
  const [most, setMost] = useState(atOnce)
  return (
    <section aria-labelledby="all-seeds" className="stack all-seeds">
      <div className="row">
        <h2 id="all-seeds">All seeds</h2>
        <fieldset className="row">
          <legend className="hidden-text">Which seeds</legend>
          {seedFilters.map(({ id, name }) => (
            <label key={id} className="row choice">
              <input type="radio" name="seeds" checked={filter === id} onChange={() => onFilter(id)} /> {name}
            </label>
          ))}
        </fieldset>
        <p className="muted" role="status">
          {formatCount(shown.length)} of {formatCount(lineage.of)}
          {lineage.more && '; the newest are listed'}
        </p>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard */}
      <section className="table-scroll" aria-label="Seeds" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Seed</th>
              <th scope="col" className="wide">
                In the seed set, rounds 1–{rounds}
              </th>
              <th scope="col" className="figure wide">
                Signal
              </th>
              <th scope="col" className="figure">
                Children kept
              </th>
              <th scope="col" className="figure">
                Heirs
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.slice(0, most).map((seed) => (
              <Line key={`${seed.seedId} ${seed.addedRound}`} seed={seed} rounds={rounds} chosen={seed.seedId === focus} onFocus={onFocus} />
            ))}
          </tbody>
        </table>
        {shown.length > most && (
          <button type="button" className="button quiet" onClick={() => setMost(most + atOnce)}>
            Show {Math.min(atOnce, shown.length - most)} more
          </button>
        )}
      </section>
    </section>
  )
}

type LineProps = { readonly seed: LineageSeed; readonly rounds: number; readonly chosen: boolean; readonly onFocus: (seedId: string) => void }

function Line({ seed: { seedId, origin, text, addedRound, evictedRound, signal, offspring, heirs }, rounds, chosen, onFocus }: LineProps): ReactElement {
  const written = offspring.kept + offspring.rejected
  const from = addedRound
  const to = evictedRound ?? rounds
  return (
    <tr className={chosen ? 'chosen' : ''}>
      <th scope="row">
        <button type="button" className="seed-pick" aria-pressed={chosen} onClick={() => onFocus(seedId)}>
          <code>{seedId}</code> <span className="muted">{origin}</span>
          <span className="seed-text">{text}</span>
        </button>
      </th>
      <td className="wide">
        <svg viewBox={`0 0 ${Math.max(rounds, 1)} 1`} preserveAspectRatio="none" className={`life ${origin}`} aria-hidden="true">
          <rect className="track" width={Math.max(rounds, 1)} height="1" />
          <rect className="stay" x={from} width={Math.max(to - from, 0.08)} height="1" />
        </svg>
        <span className="muted">
          {from === 0 ? 'from the beginning' : `joined after ${from}`}
          {evictedRound === null ? '' : `, left after ${evictedRound}`}
        </span>
      </td>
      <td className="figure wide">{formatNumber(signal)}</td>
      <td className="figure">{written === 0 ? '–' : `${formatCount(offspring.kept)} (${formatShare(offspring.kept / written, 0)})`}</td>
      <td className="figure">{formatCount(heirs)}</td>
    </tr>
  )
}
