import { startServer } from '@sedi/server'
import express from 'express'

// A server to be measured, in a process of its own. `server STORE`: ours; `bare`: an express handler that answers the same few bytes as /healthz.
// Asked over the process channel, it says how long its main thread was busy in one go since it was last asked.

const [kind, store = ''] = process.argv.slice(2)
const url =
  kind === 'bare' ? await bare() : (await startServer({ store, port: 0, limits: { requestsPerMinute: 1e9 }, onError: (error) => console.error(error) })).url

async function bare(): Promise<string> {
  const app = express()
  app.get('/healthz', (_request, response) => void response.json({ status: 'ok' }))
  return new Promise((resolve) => {
    const server = app.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as { port: number }).port}`))
  })
}

/** Processor time of this thread between two turns of its loop, in milliseconds: what waits for a processor elsewhere does not count. */
let longestMs = 0
let before = process.threadCpuUsage()
setInterval(() => {
  const { user, system } = process.threadCpuUsage(before)
  longestMs = Math.max(longestMs, (user + system) / 1000)
  before = process.threadCpuUsage()
}, 2)

process.on('message', () => {
  process.send!({ longestMs, megabytes: process.memoryUsage().rss / 2 ** 20 })
  longestMs = 0
})
process.once('disconnect', () => process.exit())
process.send!({ url })
