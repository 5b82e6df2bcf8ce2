import { keepPreviousData, type UseMutationResult, type UseQueryResult, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getJson, postJson } from './client.ts'

/** As much of JSON Schema 2020-12 as the configuration’s schema uses. */
export type SchemaNode = {
  readonly type?: string | undefined
  readonly const?: unknown
  readonly enum?: readonly unknown[] | undefined
  readonly anyOf?: readonly SchemaNode[] | undefined
  readonly oneOf?: readonly SchemaNode[] | undefined
  readonly properties?: Readonly<Record<string, SchemaNode>> | undefined
  readonly required?: readonly string[] | undefined
  readonly items?: SchemaNode | undefined
  readonly default?: unknown
  readonly description?: string | undefined
  readonly minimum?: number | undefined
  readonly maximum?: number | undefined
  readonly exclusiveMinimum?: number | undefined
  readonly exclusiveMaximum?: number | undefined
  /** What a number counts; where a default comes from; `speed` for what changes no result; whether a text names a file. */
  readonly unit?: string | undefined
  readonly source?: string | undefined
  readonly affects?: string | undefined
  readonly path?: boolean | undefined
}

/** What a run would do and cost. */
export type Plan = {
  readonly estimate: {
    readonly calls?: number | undefined
    readonly callsPerRound?: readonly number[] | undefined
    readonly inputTokensPerCall: { readonly likely: number; readonly atMost: number }
    readonly outputTokensPerCall: { readonly atMost: number }
    readonly followUpsPerCall: { readonly atMost: number }
    readonly worstCaseNanoUsdPerCall: number | null
    readonly worstCaseNanoUsdPerRequest: number | null
    readonly worstCaseNanoUsd: number | null
  }
  readonly seeds: number
  readonly testItems: number
  readonly benchmarkQuestions: number
  readonly existingTexts: number
  readonly signal?: string | undefined
  readonly mask: string
  readonly notes: readonly string[]
  /** With every default filled in. */
  readonly config: Readonly<Record<string, unknown>>
}

/** What is sent: a configuration, and tasks in place of files. */
export type Planned = {
  readonly config: Readonly<Record<string, unknown>>
  readonly seeds?: readonly object[] | undefined
  readonly heldOut?: readonly object[] | undefined
}

export type NewRun = Planned & { readonly name?: string | undefined; readonly start: boolean }

export const useConfigSchema = (): UseQueryResult<SchemaNode> =>
  useQuery({
    queryKey: ['config', 'schema'],
    queryFn: ({ signal }) => getJson<SchemaNode>('/v1/config/schema', signal),
    staleTime: Number.POSITIVE_INFINITY,
  })

export const plan = (planned: Planned, signal?: AbortSignal): Promise<Plan> => postJson<Plan>('/v1/config/plan', planned, signal)

/** The plan of what is written now; while it is asked for, the one before stays. Refused with what is wrong (ApiProblem.issues). `files` names the tasks that are sent along. */
export const usePlan = (planned: Planned, files: readonly (string | undefined)[]): UseQueryResult<Plan> =>
  useQuery({
    queryKey: ['config', 'plan', planned.config, files],
    queryFn: ({ signal }) => plan(planned, signal),
    placeholderData: keepPreviousData,
    gcTime: 60_000,
    staleTime: 60_000,
  })

export function useCreateRun(): UseMutationResult<{ readonly run: string }, Error, NewRun> {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (run: NewRun) => postJson<{ readonly run: string }>('/v1/runs', run),
    onSuccess: () => client.invalidateQueries({ queryKey: ['runs'] }),
  })
}
