import { QueryCache, QueryClient } from '@tanstack/react-query'
import { ApiProblem } from './problem.ts'

/** What is asked of the server: tried again only where that may help, and asked anew when the reader comes back to the page. */
export function createQueryClient(): QueryClient {
  const client = new QueryClient({
    queryCache: new QueryCache({ onError: onRefused }),
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        retry: (failures, error) => failures < 3 && isPassing(error),
        retryDelay: (failures) => Math.min(8_000, 500 * 2 ** failures),
        networkMode: 'always',
      },
      mutations: { networkMode: 'always' },
    },
  })

  /** A session that has ended, as a restart of the server ends all: the form to log in comes back. */
  function onRefused(error: Error): void {
    if (error instanceof ApiProblem && error.status === 401) void client.invalidateQueries({ queryKey: ['session'] })
  }
  return client
}

const isPassing = (error: Error): boolean => error instanceof ApiProblem && (error.status === 0 || error.status === 502 || error.status === 503)
