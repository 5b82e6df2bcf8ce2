import { type PostgresServer, startPostgres } from '@sedi/testing'
import { describeLimiterContract } from '@sedi/testing/contracts'
import { afterAll, beforeAll, vi } from 'vitest'
import { newStoreAddress } from '../../../fixtures/pg-store.ts'
import { layOut } from '../layouts.ts'
import { createServer, type Server } from '../server.ts'
import { createSharedLimiter } from './limiter.ts'

let server: PostgresServer
let plain: Server
beforeAll(async () => {
  server = await startPostgres(['fsync = off'])
})
afterAll(async () => {
  await server.destroy()
})

const realImmediate = setImmediate
/** Questions that the database has not answered yet. */
let asked = 0

async function counted<Value>(question: Promise<Value>): Promise<Value> {
  asked++
  try {
    return await question
  } finally {
    asked--
  }
}

/** The server, with every question counted while it is under way. */
function watched(own: Server): Server {
  return {
    ...own,
    query: (text, values) => counted(own.query(text, values)),
    connect: () =>
      counted(
        own.connect().then((connection) => ({
          ...connection,
          query: (text: string, values?: readonly unknown[]) => counted(connection.query(text, values)),
        })),
      ),
  }
}

/** Real time passes until the database has answered everything; time itself stands still. */
async function settle(): Promise<void> {
  for (let quiet = 0; quiet < 3; quiet = asked === 0 ? quiet + 1 : 0) await new Promise((resolve) => realImmediate(resolve))
}

const fakeNow = (): string => `${Number(process.hrtime.bigint()) / 1e6}::float8`

describeLimiterContract({
  name: 'postgres',
  async create(limits, count) {
    vi.useRealTimers()
    plain = createServer(newStoreAddress(server.url, '/tmp'))
    await layOut(plain)
    vi.useFakeTimers()
    const key = { provider: 'openai', keyHash: 'k1' }
    return Array.from({ length: count }, () => createSharedLimiter(watched(plain), key, { ...limits, now: fakeNow }))
  },
  async advance(ms) {
    let reached = false
    setTimeout(() => {
      reached = true
    }, ms)
    for (;;) {
      await settle()
      if (reached) return
      await vi.advanceTimersToNextTimerAsync()
    }
  },
})
