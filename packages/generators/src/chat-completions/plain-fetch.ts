import { readErrorBody } from './read-error-body.ts'

/**
 * Wraps `fetch` for the SDK, which reads only errors in OpenAI's own envelope and loses the words of all others: rewrites every error body into
 * it. A body that breaks off or stalls leaves its status, which says more than the interruption. Does not follow redirects: a
 * redirected POST becomes a GET, or takes prompt and key to another host.
 */
export function plainFetch(send: typeof fetch = fetch): typeof fetch {
  return async (input, init) => plain(await send(input, { ...init, redirect: 'manual' }))
}

async function plain(response: Response): Promise<Response> {
  if (response.ok) return response
  const { status } = response
  const headers = new Headers(response.headers)
  for (const name of ['content-length', 'content-encoding', 'transfer-encoding']) headers.delete(name)
  headers.set('content-type', 'application/json')
  const target = headers.get('location')
  const text = await response.text().catch(() => '(its words did not arrive)')
  const words = status < 400 && target !== null ? { message: `redirect to ${target.replace(/\?.*$/, '')}` } : readErrorBody(text)
  return new Response(bodyless.has(status) ? null : JSON.stringify({ error: words }), { status, headers })
}

// `Response` takes no body with these.
const bodyless: ReadonlySet<number> = new Set([304])
