import type { Lineage, SeedStory } from '@sedi/spec/api'
import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { getJson, runAddress } from './client.ts'

/** Every seed of a run, without edges; the newest 500 where there are more. */
export const useSeeds = (run: string, live: boolean): UseQueryResult<Lineage> =>
  useQuery({
    queryKey: ['run', run, 'lineage'],
    queryFn: ({ signal }) => getJson<Lineage>(runAddress(run, '/lineage'), signal),
    refetchInterval: live ? 10_000 : false,
  })

/** The seeds around one, up to `depth` generations before and after it. */
export const useLineage = (run: string, focus: string | undefined, depth: number): UseQueryResult<Lineage> =>
  useQuery({
    queryKey: ['run', run, 'lineage', focus, depth],
    queryFn: ({ signal }) => getJson<Lineage>(runAddress(run, '/lineage', { focus, depth }), signal),
    enabled: focus !== undefined,
  })

/** A seed’s whole story. */
export const useSeedStory = (run: string, seedId: string | undefined): UseQueryResult<SeedStory | undefined> =>
  useQuery({
    queryKey: ['run', run, 'story', seedId],
    queryFn: async ({ signal }) =>
      (await getJson<{ readonly story?: SeedStory }>(runAddress(run, `/explain/${encodeURIComponent(seedId!)}`), signal)).story ?? null,
    select: (story) => story ?? undefined,
    enabled: seedId !== undefined,
    staleTime: 10_000,
  })
