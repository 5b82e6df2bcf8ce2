import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { createRun, parseConfig, softwareVersion } from '@sedi/kit'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { smallConfig, testServer, token } from './fixtures/test-server.ts'
import { type RunningServer, startServer } from './start-server.ts'

const server = testServer()
let doneCost = ''

beforeAll(async () => {
  const config = parseConfig({ ...smallConfig(), store: server.store }, join(server.folder, 'data/sedi.config.json'))
  const run = await createRun(config, 'first')
  await run.execute({ stop: new AbortController().signal })
  const totals = await run.ledger.totals()
  doneCost = String(totals.settledNanoUsd / 1e9)
  await run.close()
})
afterEach(() => server.stop())

/** What stands behind a metric's name, labels included. */
const metric = (text: string, name: string): string | undefined =>
  text
    .split('\n')
    .find((line) => line.startsWith(`${name} `))
    ?.slice(name.length + 1)

describe('health', () => {
  it('says that the server is there, and that it can do its work', async () => {
    await server.start()
    expect((await server.ask('/healthz')).json()).toEqual({ status: 'ok', version: softwareVersion })
    const ready = await server.ask('/readyz')
    expect([ready.status, ready.json()]).toEqual([200, { status: 'ready', version: softwareVersion }])
  })

  it('a store that cannot be read: alive and not ready, why is in the log and in no answer; ready again when it is back', async () => {
    const errors: string[] = []
    await server.start({ onError: ({ code, message }) => errors.push(`${code}: ${message}`) })
    renameSync(server.store, `${server.store}-away`)
    writeFileSync(server.store, 'no folder')
    const reply = await server.ask('/readyz')
    expect([reply.status, reply.json()]).toEqual([503, { status: 'not-ready', version: softwareVersion, because: 'storage' }])
    expect(reply.text).not.toContain(server.store)
    await server.ask('/readyz')
    expect(errors).toEqual([expect.stringMatching(/^storage: The store .*runs cannot be read: ENOTDIR/)])
    expect((await server.ask('/healthz')).status).toBe(200)
    rmSync(server.store)
    renameSync(`${server.store}-away`, server.store)
    while ((await server.ask('/readyz')).status !== 200) await wait(50)
  })

  it('needs no token, and metrics do', async () => {
    await server.start({ token })
    for (const path of ['/healthz', '/readyz']) expect((await server.ask(path)).status).toBe(200)
    expect((await server.ask('/metrics')).status).toBe(401)
    expect((await server.ask('/metrics', { headers: { authorization: `Bearer ${token}` } })).status).toBe(200)
  })
})

it('metrics say what the store’s runs have come to, and how the process is', async () => {
  await server.start()
  const { text, headers } = await server.ask('/metrics')
  expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
  expect(metric(text, 'sedi_store_up')).toBe('1')
  expect(metric(text, 'sedi_runs{state="done"}')).toBe('1')
  expect(metric(text, 'sedi_runs{state="running"}')).toBe('0')
  expect(metric(text, 'sedi_store_calls')).toBe('4')
  expect(Number(metric(text, 'sedi_store_kept'))).toBeGreaterThan(0)
  expect(metric(text, 'sedi_store_cost{kind="settled"}')).toBe(doneCost)
  expect(metric(text, 'sedi_store_cost{kind="uncertain"}')).toBe('0')
  expect(Number(metric(text, 'process_memory_usage'))).toBeGreaterThan(1e7)
  expect(Number(metric(text, 'nodejs_eventloop_delay_max'))).toBeGreaterThanOrEqual(0)
  // A folder has no queue.
  expect(text).not.toContain('sedi_queue')
})

describe('stopping', () => {
  type Answer = { readonly status: number; readonly text: string }
  /** A request whose body is sent in two parts, the second when told; and whose connection would be kept. */
  function slowly(path: string, body: string, url: string) {
    const agent = new Agent({ keepAlive: true })
    const half = Math.floor(body.length / 2)
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    let finish = (): void => {}
    let isOnItsWay = (): void => {}
    const onItsWay = new Promise<void>((resolve) => (isOnItsWay = resolve))
    const answered = new Promise<Answer>((resolve, reject) => {
      const sent = request(`${url}${path}`, { method: 'POST', agent, headers }, async (response) => {
        resolve({ status: response.statusCode!, text: (await response.setEncoding('utf8').toArray()).join('') })
      })
      sent.on('error', reject)
      sent.write(body.slice(0, half), () => isOnItsWay())
      finish = () => void sent.end(body.slice(half))
    })
    answered.catch(() => {})
    /** When the server has the first part: connections are taken in the order they came. */
    const begun = async (): Promise<void> => {
      await onItsWay
      await (await fetch(`${url}/healthz`)).text()
      await wait(200)
    }
    return { answered, begun, finish: () => finish(), close: () => agent.destroy() }
  }
  const start = (): Promise<RunningServer> => startServer({ store: server.store, port: 0, files: join(server.folder, 'data') })
  const plan = JSON.stringify({ config: smallConfig() })

  it('takes nothing new, finishes what is being answered, and tells readers of events when to come back', async () => {
    const own = await start()
    const events = await fetch(`${own.url}/v1/runs/first/events`)
    const streamed = events.text()
    const slow = slowly('/v1/config/plan', plan, own.url)
    await slow.begun()
    const closing = own.close()
    expect(await streamed).toMatch(/\n\n: the server stops\nretry: [1-3]\d{3}\n\n$/)
    await expect(fetch(`${own.url}/healthz`)).rejects.toThrow()
    slow.finish()
    expect((await slow.answered).status).toBe(200)
    await closing
    slow.close()
  })

  it.each(['after a time', 'when it is told to'])('cuts off what takes too long, %s', async (when) => {
    const own = await start()
    const slow = slowly('/v1/config/plan', plan, own.url)
    await slow.begun()
    const abort = new AbortController()
    const closing = own.close(when === 'after a time' ? { waitMs: 300 } : { abort: abort.signal })
    await wait(100)
    abort.abort()
    await closing
    await expect(slow.answered).rejects.toThrow(/hang up|ECONNRESET/)
    slow.close()
  })
})
