import { useQueryClient } from '@tanstack/react-query'
import { type LiveState, useRunEvents } from '../../api/events.ts'
import type { RunOverview } from '../../api/runs.ts'

/** Facts that change what the overview shows; what lies between them (attempts, calls, candidates) they sum up. */
const telling = ['run-state', 'session', 'config-change', 'yield', 'step', 'seed-event', 'stage', 'eval', 'training-outcome']

/**
 * Keeps the overview up to date while a run is at work: the facts say when, the figures are then asked again, at most every two seconds, and
 * never while they are still on their way.
 */
export function useLive(run: string, { state }: RunOverview): LiveState {
  const client = useQueryClient()
  const overview = { queryKey: ['run', run, 'overview'] }
  const refresh = (): void => {
    if (client.isFetching(overview) === 0) void client.invalidateQueries(overview)
  }
  return useRunEvents(run, {
    kinds: telling,
    on: state !== 'done' && state !== 'cancelled',
    everyMs: 2_000,
    onLive: refresh,
    onEvents: (events) => {
      refresh()
      if (events.some(({ kind }) => kind === 'run-state' || kind === 'session')) void client.invalidateQueries({ queryKey: ['run', run, 'detail'] })
    },
  })
}
