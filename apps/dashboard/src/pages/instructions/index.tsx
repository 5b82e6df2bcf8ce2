import { type ReactElement, useCallback, useMemo, useRef, useState } from 'react'
import { type RowFilters, useRowTotal } from '../../api/instructions.ts'
import { isAtWork, useRun } from '../../api/runs.ts'
import { formatCount } from '../../format.ts'
import { Empty, Failed, Loading } from '../../parts/states.tsx'
import { useAddress } from '../../parts/use-address.ts'
import { DetailPane } from './detail-pane.tsx'
import { FilterBar } from './filter-bar.tsx'
import './instructions.css'
import { RowGrid, type RowGridHandle } from './row-grid.tsx'
import { useMatches } from './use-matches.ts'
import { WhatIf } from './what-if.tsx'

/** Everything the teacher wrote, kept or not: a list over all of it, and beside it why one was kept or not. What is chosen is in the address. */
export default function Instructions({ run }: { readonly run: string }): ReactElement {
  const { given, change } = useAddress()
  const filters = useFilters(given)
  const detail = useRun(run)
  const count = useRowTotal(run, filters, detail.data !== undefined && isAtWork(detail.data.state))
  const [rowProblem, setRowProblem] = useState<Error | null>(null)
  const grid = useRef<RowGridHandle>(null)
  const heading = useRef<HTMLHeadingElement>(null)
  const covers = useMatches(covering)

  const onOpen = useCallback(
    (id: string, at: number) => {
      change({ id, at }, true)
      // Where the pane covers the list, the focus goes with it.
      if (covers) requestAnimationFrame(() => heading.current?.focus({ preventScroll: true }))
    },
    [change, covers],
  )
  const onClose = useCallback(() => {
    change({ id: undefined }, true)
    requestAnimationFrame(() => grid.current?.focus())
  }, [change])

  const isFiltered = Object.values(filters).some((value) => value !== undefined)
  const total = count.data?.total ?? 0
  const counting = count.data?.complete === false
  return (
    <div className="stack instructions">
      <WhatIf
        run={run}
        open={given.whatIf !== undefined}
        chosen={given.whatIf === undefined || given.whatIf === '' ? undefined : Number(given.whatIf)}
        onOpen={(open) => change({ whatIf: open ? (given.whatIf ?? '') : undefined }, true)}
        onChoose={(threshold) => change({ whatIf: threshold }, true)}
      />
      <div className="list-head">
        <FilterBar filters={filters} rounds={detail.data?.rounds.planned ?? 0} onChange={(next) => change({ ...next, at: undefined, id: undefined }, true)} />
        <p className="list-count" role="status">
          {count.data !== undefined && countText(total, { counting, isFiltered, raw: detail.data?.raw })}
        </p>
      </div>
      {count.error !== null && count.data === undefined ? (
        <Failed error={count.error} onRetry={() => count.refetch()} />
      ) : count.data === undefined ? (
        <Loading what="the instructions" />
      ) : total === 0 && !counting ? (
        <NothingThere isFiltered={isFiltered} />
      ) : (
        <div className={`list-and-detail ${given.id === undefined ? '' : 'with-detail'}`}>
          <div className="list" inert={covers && given.id !== undefined}>
            {rowProblem !== null && <Failed error={rowProblem} onRetry={() => count.refetch()} />}
            <RowGrid
              key={JSON.stringify(filters)}
              run={run}
              filters={filters}
              total={total}
              startAt={Number.parseInt(given.at ?? '0', 10) || 0}
              openId={given.id}
              onOpen={onOpen}
              onClose={onClose}
              onProblem={setRowProblem}
              handle={grid}
            />
            <p className="muted keys">Arrow keys, Page Up and Down, Home and End move; Enter opens, Escape closes.</p>
          </div>
          {given.id !== undefined && <DetailPane run={run} id={given.id} onClose={onClose} heading={heading} />}
        </div>
      )}
    </div>
  )
}

/** As in instructions.css. */
const covering = '(max-width: 900px)'

function useFilters({ verdict, reason, round, search }: Readonly<Record<string, string>>): RowFilters {
  return useMemo(() => ({ verdict, reason, round, search }), [verdict, reason, round, search])
}

type Counted = { readonly counting: boolean; readonly isFiltered: boolean; readonly raw: number | undefined }

function countText(total: number, { counting, isFiltered, raw }: Counted): string {
  if (!isFiltered) return `${formatCount(total)} written`
  const found = `${formatCount(total)}${counting ? ' so far' : ''}`
  return raw === undefined ? found : `${found} of ${formatCount(raw)}`
}

function NothingThere({ isFiltered }: { readonly isFiltered: boolean }): ReactElement {
  return isFiltered ? (
    <Empty title="Nothing like that">No instruction of this run fits what is asked for. Take a filter out, or search for less.</Empty>
  ) : (
    <Empty title="Nothing has been written yet">
      Instructions appear here as the teacher’s answers come in. If the run is paused, resume it on its overview.
    </Empty>
  )
}
