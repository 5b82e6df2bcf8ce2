import type { Readable } from 'node:stream'
import type * as z from 'zod'
import type { ServerContext } from './server-context.ts'

/** What a handler gets: checked against the route's schemas. */
export type RouteInput<Params, Query, Body> = {
  readonly params: Params
  readonly query: Query
  readonly body: Body
  /** Rows as they are sent, of a route with `upload`. */
  readonly upload: Readable
  /** One header, lower case. */
  readonly header: (name: string) => string | undefined
  /** Aborted when whoever asked has gone. */
  readonly gone: AbortSignal
}

/** What a handler answers with. `rows` and `events` are written no faster than they are read. */
export type Reply =
  | { readonly status?: number | undefined; readonly headers?: Readonly<Record<string, string>> | undefined; readonly json: unknown }
  | { readonly text: string; readonly type: string }
  | { readonly status: 204; readonly headers?: Readonly<Record<string, string>> | undefined }
  /** The first chunk is awaited before anything is sent: what fails before it is answered with a problem. */
  | { readonly type: 'application/x-ndjson' | 'text/event-stream'; readonly chunks: AsyncIterable<string> }

/** JSON that is text already. */
export const jsonText = (text: string): Reply => ({ text, type: 'application/json; charset=utf-8' })

/** A route as data: the router, the checks and the OpenAPI document are made from it. */
export type Route<Params extends z.ZodObject = z.ZodObject, Query extends z.ZodObject = z.ZodObject, Body extends z.ZodType = z.ZodType> = {
  /** Unique; a client generator's name for it. */
  readonly id: string
  readonly method: 'get' | 'post' | 'delete'
  /** As OpenAPI writes it: `/v1/runs/{run}`. */
  readonly path: string
  readonly summary: string
  readonly description?: string | undefined
  readonly params?: Params | undefined
  readonly query?: Query | undefined
  /** A JSON body. Without it nothing but an empty one is taken. */
  readonly body?: Body | undefined
  /** Rows as JSON lines instead of a JSON body. */
  readonly upload?: true | undefined
  readonly answer: { readonly status: number; readonly description: string; readonly type?: string | undefined; readonly schema?: z.ZodType | undefined }
  /** A second status that is no problem. */
  readonly otherAnswer?: Route['answer'] | undefined
  /** Statuses of its problems, beside those that every route has. */
  readonly problems?: readonly number[] | undefined
  /** Answered without the token. @default false */
  readonly open?: boolean | undefined
  /** Counted against `startsPerMinute`. @default false */
  readonly starts?: boolean | undefined
  /** Counted, when it fails, against `wrongTokensPerMinute`. @default false */
  readonly login?: boolean | undefined
  handle(input: RouteInput<z.output<Params>, z.output<Query>, z.output<Body>>, context: ServerContext): Promise<Reply> | Reply
}

/** A route with the types of its own schemas. */
export function defineRoute<Params extends z.ZodObject, Query extends z.ZodObject, Body extends z.ZodType>(route: Route<Params, Query, Body>): Route {
  return route as unknown as Route
}
