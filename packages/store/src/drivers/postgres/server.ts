import { randomBytes } from 'node:crypto'
import { SediError } from '@sedi/spec'
import type { Client, Pool, QueryConfig, QueryResult } from 'pg'
import { isLost, postgresError } from './errors.ts'

/** Rows as the database gives them: text, but for whole numbers, floats and booleans. */
export type Row = Readonly<Record<string, string | number | boolean | null>>

export type Queries = { query(text: string, values?: readonly unknown[]): Promise<{ readonly rows: Row[]; readonly rowCount: number }> }

/** A connection of its own, for a transaction or a lock. */
export type Connection = Queries & {
  /** What the server knows this connection's owner by; unique to a `Server`. */
  readonly owner: string
  /** Called once, when the connection is gone and `close` was not called; also while nothing is asked of it. */
  onLost(listener: () => void): void
  onNotification(listener: (channel: string, payload: string) => void): void
  close(): Promise<void>
  /** Ends it without a word to the server; nobody is told. */
  drop(): void
  /** The same, as if the line had been cut: `onLost` is called. */
  lose(): void
}

/** A PostgreSQL database, and the schema in it, as a `store` address names them. */
export type Server = Queries & {
  /** The address without user, password and options: for messages and records. */
  readonly name: string
  readonly schema: string
  readonly owner: string
  /** @param answerWithinMs other than the server's; 0: however long it takes */
  connect(answerWithinMs?: number): Promise<Connection>
  /**
   * Does again what failed because the connection was lost, until the server has been away for `reconnectForMs`, counted from when anybody first
   * missed it: whoever comes later tries once and does not wait as long again. What is done must bear being done twice.
   */
  persistently<Value>(work: () => Promise<Value>): Promise<Value>
  /** Asked once, over whatever connection is free: answered within this time, or `storage`. */
  soon(withinMs: number): Queries
}

export type ServerOptions = {
  /** How long a server that is away is tried again before work fails with `storage`. @default 60_000 */
  readonly reconnectForMs?: number | undefined
  /** Longest wait for one answer of the server; after it the connection counts as lost. @default 60_000 */
  readonly answerWithinMs?: number | undefined
}

/** So long a server may take to say that a connection has ended. */
const endWithinMs = 2000

// OIDs of types (catalog pg_type.dat) that are read as numbers and booleans; everything else stays text.
const numbers: readonly number[] = [20, 21, 23, 701]
const parseText = (text: string): string => text
const parserOf = (oid: number) => (numbers.includes(oid) ? Number : oid === 16 ? (text: string) => text === 't' : parseText)
const types = { getTypeParser: parserOf } as never

/**
 * Where `address` points; nothing is connected before the first question. Parts of the address that are ours: `schema` (default `sedi`) and
 * `files`; what is left goes to node-postgres, which also takes user and password from PGUSER, PGPASSWORD or a password file.
 * Throws `invalid-config`.
 */
export function createServer(address: string, { reconnectForMs = 60_000, answerWithinMs = 60_000 }: ServerOptions = {}): Server {
  const { url, schema, name } = parseAddress(address)
  const owner = `sedi ${randomBytes(8).toString('hex')}`
  const settings = {
    connectionString: url.href,
    application_name: owner,
    connectionTimeoutMillis: 10_000,
    query_timeout: answerWithinMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    // A client that vanishes without a word is missed within half a minute: what it locked is free then.
    options: `-c search_path=${schema} -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3 -c idle_in_transaction_session_timeout=30s -c client_min_messages=warning`,
    types,
  }
  let pool: Promise<Pool> | undefined
  /** Since when nothing has come through; undefined: the last thing did. */
  let lostAt: number | undefined

  async function openPool(): Promise<Pool> {
    const { Pool } = await loadDriver()
    // Idle connections go after a while and keep no process alive.
    const opened = new Pool({ ...settings, max: 4, idleTimeoutMillis: 10_000, allowExitOnIdle: true })
    opened.on('error', () => {})
    return opened
  }

  const asQueries = (client: { query(text: string, values: unknown[]): Promise<QueryResult | QueryResult[]> }): Queries => ({
    async query(text, values = []) {
      try {
        const result = await client.query(text, values as unknown[])
        // Of several statements in one text: the rows of all.
        const results = Array.isArray(result) ? result : [result]
        return { rows: results.flatMap(({ rows }) => rows), rowCount: results.reduce((sum, { rowCount }) => sum + (rowCount ?? 0), 0) }
      } catch (error) {
        throw postgresError(error, name)
      }
    },
  })

  async function persistently<Value>(work: () => Promise<Value>): Promise<Value> {
    const begun = performance.now()
    for (let pauseMs = 50; ; pauseMs = Math.min(2000, pauseMs * 2)) {
      try {
        const value = await work()
        lostAt = undefined
        return value
      } catch (error) {
        if (!isLost(error)) {
          lostAt = undefined
          throw error
        }
        lostAt ??= performance.now()
        // Connecting may succeed each time and the work fail all the same: it has no longer than that either.
        if (performance.now() + pauseMs > Math.min(lostAt, begun) + reconnectForMs) throw error
        // Everybody lost it at the same moment, and should not come back at the same moment.
        await new Promise((resolve) => setTimeout(resolve, pauseMs * (0.5 + Math.random() / 2)))
      }
    }
  }

  return {
    name,
    schema,
    owner,
    query: (text, values) =>
      persistently(async () => {
        pool ??= openPool()
        return asQueries(await pool).query(text, values)
      }),
    async connect(longestMs = answerWithinMs) {
      const { Client } = await loadDriver()
      const client = new Client({ ...settings, query_timeout: longestMs, pipeline: true } as never) as Client
      let lost: (() => void) | undefined
      let gone = false
      const onGone = (): void => {
        if (gone) return
        gone = true
        lost?.()
      }
      client.on('error', onGone)
      client.on('end', onGone)
      try {
        await client.connect()
        await client.query(`SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN ('off', 'local')`)
      } catch (error) {
        gone = true
        drop(client)
        throw postgresError(error, name)
      }
      return {
        owner,
        ...asQueries(client),
        onLost(listener) {
          lost = listener
          if (gone) listener()
        },
        onNotification(listener) {
          client.on('notification', ({ channel, payload }) => listener(channel, payload ?? ''))
        },
        async close() {
          gone = true
          // A line that swallows everything would never say that it has ended.
          const late = setTimeout(() => drop(client), endWithinMs)
          await client.end().catch(() => {})
          clearTimeout(late)
        },
        drop() {
          gone = true
          drop(client)
        },
        lose() {
          drop(client)
          onGone()
        },
      }
    },
    persistently,
    soon: (withinMs) => ({
      async query(text, values = []) {
        pool ??= openPool()
        const opened = await pool
        const question = asQueries({ query: (asked, given) => opened.query({ text: asked, values: given, query_timeout: withinMs } as QueryConfig) })
        return inTime(question.query(text, values), withinMs, name)
      },
    }),
  }
}

/** Also what waits for a connection of the pool, which has a longer limit of its own. */
async function inTime<Value>(answer: Promise<Value>, withinMs: number, server: string): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(postgresError(new Error(`timeout expired: no answer within ${withinMs} ms`), server)), withinMs)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
    answer.catch(() => {})
  }
}

const drop = (client: Client): void => {
  ;(client as unknown as { readonly connection: { readonly stream: { destroy(): void } } }).connection.stream.destroy()
}

/** node-postgres, on first use. Throws `missing-dependency` where the optional peer is not installed. */
async function loadDriver(): Promise<typeof import('pg')> {
  try {
    return await import('pg')
  } catch (cause) {
    throw new SediError('missing-dependency', 'A store in PostgreSQL needs the package pg. Install it with: npm install pg@8', { cause })
  }
}

function parseAddress(address: string): { readonly url: URL; readonly schema: string; readonly name: string } {
  const expected = 'expected postgres://host:port/database, with ?schema=NAME for another schema than “sedi”'
  if (!URL.canParse(address)) throw new SediError('invalid-config', `The address of the store cannot be read; ${expected}.`)
  const url = new URL(address)
  const schema = url.searchParams.get('schema') ?? 'sedi'
  if (!/^[a-z_][a-z0-9_]{0,59}$/.test(schema)) {
    throw new SediError('invalid-config', `The store's schema “${schema}” cannot be a name; expected small letters, digits and _, at most 60.`)
  }
  if (url.pathname.length < 2) throw new SediError('invalid-config', `The address of the store names no database; ${expected}.`)
  url.searchParams.delete('schema')
  url.searchParams.delete('files')
  return { url, schema, name: publicAddress(address) }
}

/** An address of a store without what is secret or does not say where it is. Anything else comes back as it is. */
export function publicAddress(address: string): string {
  if (!URL.canParse(address)) return address
  const url = new URL(address)
  url.username = ''
  url.password = ''
  url.hash = ''
  for (const key of [...url.searchParams.keys()]) if (key !== 'schema' && key !== 'files') url.searchParams.delete(key)
  return url.href
}
