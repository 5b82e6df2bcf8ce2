import type { InstructionDetail, Rows, Thresholds } from '@sedi/spec/api'
import { keepPreviousData, type UseQueryResult, useQuery } from '@tanstack/react-query'
import { getJson, runAddress } from './client.ts'

/** What a list of instructions is narrowed to; undefined: everything. */
export type RowFilters = {
  readonly verdict?: string | undefined
  readonly reason?: string | undefined
  readonly round?: string | undefined
  readonly search?: string | undefined
}

/** The key of everything asked about the rows of a run under these filters. */
export const rowsKey = (run: string, filters: RowFilters): readonly unknown[] => ['run', run, 'rows', filters]

export const getRows = (run: string, filters: RowFilters, offset: number, limit: number, signal: AbortSignal): Promise<Rows> =>
  getJson(runAddress(run, '/rows', { ...filters, offset, limit }), signal)

/** How many rows there are: asked again while they are counted, and now and then while the run goes on. */
export const useRowTotal = (run: string, filters: RowFilters, live: boolean): UseQueryResult<Rows> =>
  useQuery({
    queryKey: [...rowsKey(run, filters), 'total'],
    queryFn: ({ signal }) => getRows(run, filters, 0, 1, signal),
    refetchInterval: ({ state }) => (state.data?.complete === false ? 700 : live ? 4_000 : false),
    staleTime: 0,
  })

/** One instruction with all there is beside it. Without an id nothing is asked; the one before is shown until the next is there. */
export const useInstruction = (run: string, id: string | undefined): UseQueryResult<InstructionDetail> =>
  useQuery({
    queryKey: ['run', run, 'instruction', id],
    queryFn: ({ signal }) => getJson<InstructionDetail>(runAddress(run, `/instruction/${encodeURIComponent(id!)}`), signal),
    enabled: id !== undefined,
    placeholderData: keepPreviousData,
    staleTime: 10_000,
  })

/** What other thresholds would have kept. The first who asks sets the replay going; it is asked again until it is there. */
export const useThresholds = (run: string, enabled: boolean): UseQueryResult<Thresholds> =>
  useQuery({
    queryKey: ['run', run, 'thresholds'],
    queryFn: ({ signal }) => getJson<Thresholds>(runAddress(run, '/thresholds'), signal),
    enabled,
    refetchInterval: ({ state: { data } }) => (data?.state !== 'computing' ? false : data.thresholds.length === 0 ? 700 : 2_000),
    staleTime: 60_000,
  })
