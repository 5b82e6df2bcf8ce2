/** What went over the wire in one call, as far as it got. */
export type Trace = {
  /** Whether the question itself was sent; looking up where a model is served comes before it and is free. */
  asked: boolean
  /** The last reply. */
  status?: number
  headers?: Headers
  /** Its whole body; undefined while it has not arrived. */
  text?: string
}

const withoutBody: ReadonlySet<number> = new Set([204, 205, 304])

/**
 * A `fetch` that keeps what the SDK hides: status, headers and body of the last reply. The body is read here, so that `signal` covers it
 * whatever the SDK does with it. Does not follow a redirect of the question: it would lose the prompt, or take it and the token elsewhere.
 */
export function tracedFetch(trace: Trace, send: typeof fetch, signal: AbortSignal, dispatcher: RequestInit['dispatcher']): typeof fetch {
  return async (resource, init) => {
    if (init?.method === 'POST') trace.asked = true
    const redirect = init?.method === 'POST' ? 'manual' : 'follow'
    const response = await send(resource, { ...init, signal, redirect, ...(dispatcher === undefined ? {} : { dispatcher }) })
    trace.status = response.status
    trace.headers = response.headers
    trace.text = await response.text()
    const { status, statusText, headers } = response
    return new Response(withoutBody.has(status) ? null : trace.text, { status, statusText, headers })
  }
}
