import type { Row, Rows } from '@sedi/spec/api'
import { useQueries, useQueryClient } from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'
import { getRows, type RowFilters, rowsKey } from '../../api/instructions.ts'
import { placeOf, windowRows, windowsOf } from './row-windows.ts'
import { useThrottled } from './use-throttled.ts'

/** While the list flies by, windows are asked for this often; what is out of sight again before its answer came is cancelled. */
const everyMs = 120

export type RowWindows = {
  /** Undefined while it is on its way. */
  readonly rowAt: (index: number) => Row | undefined
  readonly problem: Error | null
}

/** The rows `first` to `last` of `total`, fetched window by window. Rows never change once they are there; only a window that was not full is asked for again. */
export function useRowWindows(run: string, filters: RowFilters, { first, last, total }: { first: number; last: number; total: number }): RowWindows {
  const client = useQueryClient()
  const seen = useThrottled(windowsOf(first, last, total).join(), everyMs)
  const windows = useMemo(() => (seen === '' ? [] : seen.split(',').map(Number)), [seen])
  const answers = useQueries({
    queries: windows.map((window) => ({
      queryKey: [...rowsKey(run, filters), window],
      queryFn: ({ signal }: { signal: AbortSignal }) => getRows(run, filters, window * windowRows, windowRows, signal),
      refetchInterval: ({ state: { data } }: { state: { data?: Rows | undefined } }) =>
        data !== undefined && !data.complete && data.items.length < windowRows ? 500 : false,
      staleTime: Number.POSITIVE_INFINITY,
      gcTime: 30_000,
    })),
  })

  useEffect(() => {
    void client.invalidateQueries({
      queryKey: rowsKey(run, filters),
      predicate: ({ queryKey, state }) => {
        const window = queryKey.at(-1)
        const held = (state.data as Rows | undefined)?.items.length
        return typeof window === 'number' && held !== undefined && held < windowRows && window * windowRows + held < total
      },
    })
  }, [client, run, filters, total])

  const held = new Map(windows.map((window, i) => [window, answers[i]?.data?.items]))
  return {
    rowAt(index) {
      const { window, place } = placeOf(index)
      return held.get(window)?.[place]
    },
    problem: answers.find(({ error }) => error !== null)?.error ?? null,
  }
}
