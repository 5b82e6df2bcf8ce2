import type { Lineage } from '@sedi/spec/api'
import { type KeyboardEvent, type ReactElement, useEffect, useMemo, useRef, useState } from 'react'
import { Link } from 'wouter'
import { formatCount, formatNumber } from '../../format.ts'
import { batchAddress, instructionAddress } from '../../parts/addresses.ts'
import { card, type Layout, type LineageSeed, layOut, pathOf, seedAfterKey } from './lineage-layout.ts'

type Props = {
  readonly run: string
  readonly lineage: Lineage
  readonly focus: string
  readonly onFocus: (seedId: string) => void
}

/** Who came from whom: seed → instruction → batch → signal → seed. Arrow keys move along the lines, Enter chooses. */
export function LineageGraph({ run, lineage, focus, onFocus }: Props): ReactElement {
  const layout = useMemo(() => layOut(lineage), [lineage])
  const [active, setActive] = useState(focus)
  const scrolled = useRef<HTMLDivElement>(null)
  const reachable = layout.places.some(({ seed }) => seed.seedId === active) ? active : focus

  useEffect(() => {
    setActive(focus)
    const place = layout.places.find(({ seed }) => seed.seedId === focus)
    const box = scrolled.current
    if (place === undefined || box === null) return
    box.scrollLeft = place.x + card.width / 2 - box.clientWidth / 2
    box.scrollTop = place.y + card.height / 2 - box.clientHeight / 2
  }, [focus, layout])

  const onKeyDown = (event: KeyboardEvent): void => {
    const next = seedAfterKey(event.key, reachable, layout)
    if (next === undefined) return
    event.preventDefault()
    setActive(next)
    scrolled.current?.querySelector<HTMLElement>(`[data-seed="${CSS.escape(next)}"] button`)?.focus()
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys lead from card to card, each of which has its own button
    <div ref={scrolled} className="lineage" onKeyDown={onKeyDown}>
      <div className="lineage-space" style={{ width: layout.width, height: layout.height }}>
        <Lines layout={layout} focus={focus} />
        {layout.columns.map((round, column) => (
          <span key={round} className="lineage-column" style={{ left: column * (card.width + card.gapX), width: card.width }}>
            {round === 0 ? 'From the beginning' : `After round ${round}`}
          </span>
        ))}
        <ul aria-label={`Seeds around ${focus}`}>
          {layout.places.map(({ seed, x, y }) => (
            <li
              key={seed.seedId}
              data-seed={seed.seedId}
              className={`seed-card ${seed.origin} ${seed.seedId === focus ? 'focus' : ''} ${seed.evictedRound === null ? '' : 'retired'}`}
              style={{ left: x, top: y, width: card.width, height: card.height }}
            >
              <Card run={run} seed={seed} isFocus={seed.seedId === focus} reachable={seed.seedId === reachable} onFocus={onFocus} />
            </li>
          ))}
        </ul>
      </div>
    </div>
  )
}

/** For who sees them; the same is in the table below. */
function Lines({ layout, focus }: { readonly layout: Layout; readonly focus: string }): ReactElement {
  return (
    <svg width={layout.width} height={layout.height} aria-hidden="true">
      {layout.lines.map((line) => {
        const [from, to] = [line.from.seed.seedId, line.to.seed.seedId]
        return <path key={`${from} ${to}`} className={from === focus || to === focus ? 'own' : ''} d={pathOf(line)} />
      })}
    </svg>
  )
}

type CardProps = {
  readonly run: string
  readonly seed: LineageSeed
  readonly isFocus: boolean
  /** One card at a time is in the order of the tab key. */
  readonly reachable: boolean
  readonly onFocus: (seedId: string) => void
}

function Card({ run, seed, isFocus, reachable, onFocus }: CardProps): ReactElement {
  const { seedId, origin, text, fromInstruction, batch, signal, signalName, addedRound, evictedRound, offspring, heirs } = seed
  const tabIndex = reachable ? 0 : -1
  return (
    <>
      <span className="chain">
        {origin === 'human' ? (
          <span>human seed</span>
        ) : (
          <>
            {fromInstruction !== null && (
              <Link href={instructionAddress(run, fromInstruction)} tabIndex={tabIndex} title="The instruction it was">
                {fromInstruction}
              </Link>
            )}
            {batch !== null && (
              <>
                <span aria-hidden="true">→</span>
                <Link href={batchAddress(run, batch)} tabIndex={tabIndex} title="The attractive batch it was picked from">
                  step {batch}
                </Link>
              </>
            )}
            {signal !== null && (
              <>
                <span aria-hidden="true">→</span>
                <span title={signalName ?? 'signal'}>{formatNumber(signal)}</span>
              </>
            )}
          </>
        )}
      </span>
      <button type="button" className="seed-name" tabIndex={tabIndex} aria-current={isFocus ? 'true' : undefined} onClick={() => onFocus(seedId)}>
        {origin === 'human' && <code>{seedId}</code>} {text}
      </button>
      <span className="muted seed-figures">
        {evictedRound === null ? (addedRound === 0 ? 'never left' : 'still a seed') : `left after ${evictedRound}`} · {formatCount(offspring.kept)} kept
        {heirs > 0 && ` · ${formatCount(heirs)} ${heirs === 1 ? 'heir' : 'heirs'}`}
      </span>
    </>
  )
}
