import { problemIn, unreachable } from './problem.ts'

export type Query = Readonly<Record<string, string | number | boolean | null | undefined>>

/** An address of the API; what is undefined, null or empty is left out of the query. */
export function address(path: string, query: Query = {}): string {
  const given = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== null && value !== '') given.set(name, String(value))
  return given.size === 0 ? path : `${path}?${given}`
}

/** `/v1/runs/{run}` and what follows. */
export const runAddress = (run: string, rest = '', query: Query = {}): string => address(`/v1/runs/${encodeURIComponent(run)}${rest}`, query)

/** Throws ApiProblem; what the signal aborts throws as fetch does. */
export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await ask(path, { ...(signal === undefined ? {} : { signal }) })).json() as Promise<T>
}

/** A body is always sent: the server takes nothing that does not say that it is JSON. Undefined where it answers nothing. */
export async function postJson<T>(path: string, body: unknown = {}, signal?: AbortSignal): Promise<T> {
  const response = await ask(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  })
  return (response.status === 204 ? undefined : await response.json()) as T
}

export async function remove(path: string): Promise<void> {
  await ask(path, { method: 'DELETE' })
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  let response: Response
  try {
    response = await fetch(path, { ...init, credentials: 'same-origin' })
  } catch (error) {
    if (init.signal?.aborted) throw error
    throw unreachable()
  }
  if (!response.ok) throw await problemIn(response)
  return response
}
