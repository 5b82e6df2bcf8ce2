import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { getJson, runAddress } from '../../api/client.ts'
import { plan } from '../../api/config.ts'
import type { RunDetail } from '../../api/runs.ts'
import { beginningOf, type Draft, differing, firstDraft } from './draft.ts'
import type { Field } from './fields.ts'

/** What somebody would write to get the configuration of a run: its whole configuration, without what follows from the rest. */
export const useDraftOf = (run: string | undefined, fields: readonly Field[]): UseQueryResult<Draft> =>
  useQuery({
    queryKey: ['run', run, 'draft'],
    enabled: run !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }) => {
      const { store: _, ...config } = (await getJson<RunDetail>(runAddress(run!), signal)).config as Draft
      const beginning = beginningOf(config, fields)
      // Other seeds, which are always there, and no other files: those of the run may be gone, or not for this server to read.
      const given = await plan({ config: { ...beginning, seeds: firstDraft.seeds } }, signal).then(
        (planned) => planned.config,
        () => beginning, // then all of it is written out, and the form says what is wrong
      )
      return differing(config, beginning, given)
    },
  })
