import { SediError } from '@sedi/spec'
import { layout1 } from './layouts/layout-1.ts'
import { layout2 } from './layouts/layout-2.ts'
import { layout3 } from './layouts/layout-3.ts'
import type { Connection, Queries, Server } from './server.ts'

/** The store's layouts, one step each; `store.layout` counts those applied. A released step is never edited. */
export const layouts: readonly string[] = [layout1, layout2, layout3]

/**
 * Makes the schema, or brings an older layout up to date, in one transaction, by one process at a time, and while nobody writes a run. Throws
 * `unsupported` for a newer layout and for a database whose texts are not UTF-8, `conflict` when runs are
 * still held after `waitMs`.
 */
export async function layOut(server: Server, known: readonly string[] = layouts, waitMs = 30_000): Promise<void> {
  if ((await layoutOf(server, server, known)) === known.length) return
  await server.persistently(async () => {
    const connection = await server.connect(0)
    try {
      await connection.query('BEGIN')
      if (await lockOut(connection, server, known, waitMs)) await layOutNow(connection, server, known)
      await connection.query('COMMIT')
    } finally {
      await connection.close()
    }
  })
}

/**
 * Every writer holds the lock shared, for as long as it writes. False when another process has done the work meanwhile; asked outside the
 * transaction, because inside it PostgreSQL goes on saying that there is no such table.
 */
async function lockOut(connection: Connection, server: Server, known: readonly string[], waitMs: number): Promise<boolean> {
  for (let waited = 0; waited <= waitMs; waited += 100) {
    if ((await layoutOf(server, server, known)) === known.length) return false
    const { rows } = await connection.query('SELECT pg_try_advisory_xact_lock($1, 0) AS taken', [lockClass(server.schema)])
    if (rows[0]?.taken === true) return true
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new SediError(
    'conflict',
    `The store ${server.name} has an older layout, and runs in it are being written. Pause them, then try again: the store is brought up to date first.`,
  )
}

/** For a writer, once it holds its locks: a store that was upgraded while this process ran is not written in the old way. */
export async function assertLayout(connection: Connection, server: Server): Promise<void> {
  const version = await layoutOf(server, connection, layouts)
  if (version !== layouts.length) throw new SediError('unsupported', `The store ${server.name} has layout ${version}, expected ${layouts.length}. Start again.`)
}

async function layOutNow(connection: Connection, server: Server, known: readonly string[]): Promise<void> {
  const before = await layoutOf(server, server, known)
  if (before === 0) {
    const encoding = String((await connection.query('SHOW server_encoding')).rows[0]?.server_encoding)
    if (encoding !== 'UTF8') {
      throw new SediError(
        'unsupported',
        `The database ${server.name} keeps text as ${encoding}; a store needs UTF8 (createdb --encoding=UTF8 --template=template0).`,
      )
    }
    await connection.query(`CREATE SCHEMA IF NOT EXISTS ${server.schema}`)
  }
  for (const step of known.slice(before)) await connection.query(step)
  await connection.query(before === 0 ? 'INSERT INTO store (layout, id) VALUES ($1, gen_random_uuid())' : 'UPDATE store SET layout = $1', [known.length])
}

/** 0 where there is no store yet. Throws `unsupported` for one that a newer version of SeDi has made. */
export async function layoutOf(server: Pick<Server, 'schema' | 'name'>, queries: Queries, known: readonly string[] = layouts): Promise<number> {
  const there = await queries.query('SELECT to_regclass($1) IS NOT NULL AS there', [`${server.schema}.store`])
  if (there.rows[0]?.there !== true) return 0
  const version = Number((await queries.query('SELECT layout FROM store')).rows[0]?.layout ?? 0)
  if (version > known.length) {
    throw new SediError(
      'unsupported',
      `The store ${server.name} has layout ${version}; this version of SeDi knows layouts up to ${known.length}. Update SeDi here too.`,
    )
  }
  return version
}

/** First half of our advisory locks' keys: two schemas of one database do not meet. The second half is the run's number, or 0. */
export function lockClass(schema: string): number {
  let hash = 0
  for (const letter of `sedi ${schema}`) hash = (Math.imul(hash, 31) + letter.charCodeAt(0)) | 0
  return hash
}
