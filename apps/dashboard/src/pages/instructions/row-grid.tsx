// biome-ignore-all lint/a11y/useSemanticElements: rows lie where they are scrolled to, which a table element does not allow
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus, and says which of its rows is active
import type { Row } from '@sedi/spec/api'
import { type KeyboardEvent, type MouseEvent, memo, type ReactElement, type Ref, useEffect, useId, useImperativeHandle, useRef, useState } from 'react'
import type { RowFilters } from '../../api/instructions.ts'
import { formatCount, formatScore, formatUsd } from '../../format.ts'
import { rowAfterKey } from './row-windows.ts'
import { useRowWindows } from './use-row-windows.ts'
import { rowPx, useScrolledRows } from './use-scrolled-rows.ts'
import { reasonWords } from './why.ts'

const headPx = 32

export type RowGridHandle = { focus(): void }

type Props = {
  readonly run: string
  readonly filters: RowFilters
  readonly total: number
  /** The row the reader came with, by its place. */
  readonly startAt: number
  /** What is shown in the detail pane. */
  readonly openId: string | undefined
  readonly onOpen: (id: string, at: number) => void
  readonly onClose: () => void
  readonly onProblem: (problem: Error | null) => void
  readonly handle: Ref<RowGridHandle>
}

/** Instructions as a grid that is scrolled to anywhere; only what is in sight is in the page. Keys move the active row, Enter opens it, Escape closes. */
export function RowGrid({ run, filters, total, startAt, openId, onOpen, onClose, onProblem, handle }: Props): ReactElement {
  const name = useId()
  const grid = useRef<HTMLDivElement>(null)
  const rows = useScrolledRows(grid, total, headPx)
  const { rowAt, problem } = useRowWindows(run, filters, { first: rows.first, last: rows.last, total })
  const [active, setActive] = useState(startAt)
  useImperativeHandle(handle, () => ({ focus: () => grid.current?.focus({ preventScroll: true }) }), [])

  useEffect(() => onProblem(problem), [problem, onProblem])

  const { reveal } = rows
  const isThere = total > startAt
  useEffect(() => {
    if (isThere) reveal(startAt)
  }, [isThere, startAt, reveal])

  const open = (index: number): void => {
    const row = rowAt(index)
    if (row !== undefined) onOpen(row.id, index)
  }

  const onClick = ({ target }: MouseEvent): void => {
    const index = (target as Element).closest<HTMLElement>('[data-index]')?.dataset.index
    if (index === undefined) return
    setActive(Number(index))
    open(Number(index))
  }

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === 'Enter') open(active)
    else if (event.key === 'Escape' && openId !== undefined) onClose()
    else {
      const next = rowAfterKey(event.key, active, { total, page: rows.page })
      if (next === undefined) return
      setActive(next)
      reveal(next)
      if (openId !== undefined) open(next)
    }
    event.preventDefault()
  }

  const shown = Array.from({ length: Math.max(0, rows.last - rows.first + 1) }, (_, i) => rows.first + i)
  const activeIsDrawn = active >= rows.first && active <= rows.last
  return (
    <div
      ref={grid}
      className="row-grid"
      role="grid"
      aria-label="Instructions"
      aria-rowcount={total + 1}
      aria-colcount={5}
      aria-activedescendant={activeIsDrawn ? `${name}-${active}` : undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <div role="row" aria-rowindex={1} className="row-line row-head" style={{ height: headPx }}>
        <span role="columnheader">Verdict</span>
        <span role="columnheader">Instruction</span>
        <span role="columnheader" className="figure wide">
          Round
        </span>
        <span role="columnheader" className="figure">
          Nearest
        </span>
        <span role="columnheader" className="figure wide">
          Price
        </span>
      </div>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: keys go to the grid, which has the focus */}
      <div role="rowgroup" className="row-space" style={{ height: rows.height }} onClick={onClick}>
        {shown.map((index) => (
          <Line
            key={index}
            id={`${name}-${index}`}
            index={index}
            top={rows.topOf(index)}
            row={rowAt(index)}
            active={index === active}
            open={openId !== undefined && rowAt(index)?.id === openId}
          />
        ))}
      </div>
    </div>
  )
}

type LineProps = {
  readonly id: string
  readonly index: number
  readonly top: number
  readonly row: Row | undefined
  readonly active: boolean
  readonly open: boolean
}

const Line = memo(
  ({ id, index, top, row, active, open }: LineProps): ReactElement => (
    <div
      id={id}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={open}
      tabIndex={-1}
      className={`row-line ${active ? 'active' : ''} ${open ? 'open' : ''}`}
      style={{ top, height: rowPx }}
      data-index={index}
    >
      {row === undefined ? (
        <span role="gridcell" aria-colspan={5} className="row-waiting">
          {formatCount(index + 1)} …
        </span>
      ) : (
        <>
          <span role="gridcell" className={`verdict ${row.verdict}`}>
            <span aria-hidden="true">{row.verdict === 'kept' ? '✓' : '✕'}</span> {row.reason ?? row.verdict}
          </span>
          <span role="gridcell" className="row-text" title={row.reason === null ? undefined : reasonWords[row.reason]}>
            {row.instruction === '' ? <span className="muted">{row.detail || '(no instruction could be read)'}</span> : row.instruction}
          </span>
          <span role="gridcell" className="figure wide">
            {row.round}
          </span>
          <span role="gridcell" className="figure">
            {formatScore(row.score)}
          </span>
          <span role="gridcell" className="figure wide">
            {formatUsd(row.costUsd)}
          </span>
        </>
      )}
    </div>
  ),
)
Line.displayName = 'Line'
