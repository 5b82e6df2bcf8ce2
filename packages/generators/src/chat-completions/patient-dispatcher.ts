type Dispatcher = NonNullable<RequestInit['dispatcher']>
type Agent = { readonly constructor: { readonly name: string; new (limits: { headersTimeout: number; bodyTimeout: number }): Dispatcher } }

// Where undici, Node's HTTP client, keeps the agent that `fetch` uses; renamed in undici 8 (Node 26).
export const globalAgentKey = Symbol.for(`undici.globalDispatcher.${Number.parseInt(process.versions.undici ?? '', 10) >= 8 ? 2 : 1}`)

/**
 * An HTTP agent for `fetch` without limits of its own; `undefined` where none can be made, then Node's limits stay.
 *
 * Node's `fetch` gives up on an answer whose headers take more than 300 s, whatever time-out its caller sets. A completion that is not
 * streamed sends its headers when the last token is written, so on a slow server each attempt would be paid for and thrown away.
 * Node exposes the agent's class only through the agent in use.
 */
export function patientDispatcher(): Dispatcher | undefined {
  const current = (globalThis as { [key: symbol]: unknown })[globalAgentKey] as Agent | undefined
  // Anything else was put there by the program (a proxy, a mock) and must stay in the way.
  if (current?.constructor.name !== 'Agent' && current?.constructor.name !== 'EnvHttpProxyAgent') return undefined
  return new current.constructor({ headersTimeout: 0, bodyTimeout: 0 })
}
