import type { Overview, RunDetail as RunDetailAnswer, RunSummaryAnswer } from '@sedi/spec/api'
import { type UseMutationResult, type UseQueryResult, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getJson, postJson, runAddress } from './client.ts'

export type RunState = 'created' | 'starting' | 'running' | 'paused' | 'done' | 'cancelled' | 'failed' | 'interrupted' | 'unreadable'

/** A run of the list. */
export type RunSummary = RunSummaryAnswer & {
  readonly state: RunState
  readonly totals: { readonly openNanoUsd: number; readonly uncertainNanoUsd: number }
}

export type RunDetail = RunDetailAnswer & { readonly state: RunState }

export type RunOverview = Overview & { readonly state: RunState }

/** What came of asking a run to pause, or cancelling it: `confirmed` when it said so itself in the time that was waited. */
export type Stopped = {
  readonly action: 'pause' | 'cancel'
  readonly requested: boolean
  readonly confirmed: boolean
  readonly state: RunState
  readonly reason: string
}

export type ResumeOptions = { readonly maxCostUsd?: number | undefined; readonly concurrency?: number | undefined }

export const useRuns = (): UseQueryResult<readonly RunSummary[]> =>
  useQuery({
    queryKey: ['runs'],
    queryFn: async ({ signal }) => (await getJson<{ readonly runs: readonly RunSummary[] }>('/v1/runs', signal)).runs,
    refetchInterval: ({ state }) => (state.data?.some(({ state }) => isAtWork(state)) ? 3_000 : 15_000),
  })

/** Everything about a run is under the key `['run', run, …]`, so that one call makes all of it be asked again. */
export const useRun = (run: string): UseQueryResult<RunDetail> =>
  useQuery({
    queryKey: ['run', run, 'detail'],
    queryFn: ({ signal }) => getJson<RunDetail>(runAddress(run), signal),
    refetchInterval: ({ state }) => (state.data === undefined || isAtWork(state.data.state) ? 5_000 : 15_000),
  })

/** The figures of the overview; while some are still being counted or replayed they are asked again soon. */
export const useOverview = (run: string): UseQueryResult<RunOverview> => {
  const client = useQueryClient()
  return useQuery({
    queryKey: ['run', run, 'overview'],
    queryFn: async ({ signal }) => {
      const overview = await getJson<RunOverview>(runAddress(run, '/overview'), signal)
      const { state, reason, held } = overview
      client.setQueryData<RunDetail>(['run', run, 'detail'], (detail) => detail && { ...detail, state, reason, held }) // the heading says the same
      return overview
    },
    refetchInterval: ({ state }) => (state.data?.shadowState === 'computing' || state.data?.complete === false ? 1_500 : 30_000),
  })
}

export const isAtWork = (state: RunState): boolean => state === 'running' || state === 'starting'

/** Steers a run. Whatever the answer, the run is asked how it is: somebody else may have steered it meanwhile. */
export function useSteering(run: string): {
  readonly stop: UseMutationResult<Stopped, Error, 'pause' | 'cancel'>
  readonly resume: UseMutationResult<unknown, Error, ResumeOptions>
} {
  const client = useQueryClient()
  const onSettled = (): void => {
    void client.invalidateQueries({ queryKey: ['run', run, 'detail'] })
    void client.invalidateQueries({ queryKey: ['run', run, 'overview'] })
    void client.invalidateQueries({ queryKey: ['runs'] })
  }
  return {
    stop: useMutation({ mutationFn: (action: 'pause' | 'cancel') => postJson<Stopped>(runAddress(run, `/${action}`)), onSettled }),
    resume: useMutation({ mutationFn: (options: ResumeOptions) => postJson(runAddress(run, '/resume'), options), onSettled }),
  }
}
