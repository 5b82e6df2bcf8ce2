import { type UseMutationResult, type UseQueryResult, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getJson, postJson, remove } from './client.ts'

export type Session = { readonly needed: boolean; readonly loggedIn: boolean }

export const useSession = (): UseQueryResult<Session> =>
  useQuery({ queryKey: ['session'], queryFn: ({ signal }) => getJson<Session>('/v1/session', signal), staleTime: Number.POSITIVE_INFINITY })

/** The token for a cookie that no script can read. Everything that was asked before is asked again. */
export function useLogin(): UseMutationResult<unknown, Error, string> {
  const client = useQueryClient()
  return useMutation({ mutationFn: (token: string) => postJson('/v1/session', { token }), onSuccess: () => client.resetQueries() })
}

export function useLogout(): UseMutationResult<void, Error, void> {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => remove('/v1/session'),
    onSuccess: async () => {
      client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'session' })
      await client.invalidateQueries({ queryKey: ['session'] })
    },
  })
}
