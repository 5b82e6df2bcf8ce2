import type { Comparison } from '@sedi/spec/api'
import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { address, getJson } from './client.ts'

export type { Comparison }

export type CompareOptions = {
  readonly a: string
  readonly b: string
  /** Also measure how varied is what they kept, which takes seconds for each run. */
  readonly diversity: boolean
  /** Also compare runs that are not done. */
  readonly unfinished: boolean
}

/** Two runs side by side. */
export const useComparison = ({ a, b, diversity, unfinished }: CompareOptions): UseQueryResult<Comparison> =>
  useQuery({
    queryKey: ['compare', a, b, diversity, unfinished],
    enabled: a !== '' && b !== '' && a !== b,
    staleTime: 60_000,
    queryFn: ({ signal }) =>
      getJson<Comparison>(address('/v1/compare', { a, b, diversity: diversity || undefined, unfinished: unfinished || undefined }), signal),
  })
