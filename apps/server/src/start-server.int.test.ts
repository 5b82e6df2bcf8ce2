import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRun, openStore, parseConfig, softwareVersion } from '@sedi/kit'
import { SediError } from '@sedi/spec'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createPrometheus } from './operations/prometheus.ts'
import { type RunningServer, type ServerOptions, startServer } from './start-server.ts'

const folder = mkdtempSync(join(tmpdir(), 'sedi-server-'))
const store = join(folder, 'runs')
const token = 'correct-horse-battery-staple'
let server: RunningServer | undefined

beforeAll(async () => {
  const seed = { instruction: 'Name the longest river of Spain.', output: 'Tagus' }
  writeFileSync(join(folder, 'seeds.json'), JSON.stringify([seed, seed, seed]))
  const config = parseConfig(
    { seeds: 'seeds.json', generator: 'simulated', trainer: 'none', target: { calls: 2 }, rounds: 1 },
    join(folder, 'sedi.config.yaml'),
  )
  const run = await createRun(config, 'first')
  await run.execute({ stop: new AbortController().signal })
  await run.close()
})
afterEach(async () => {
  await server?.close()
  server = undefined
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

type Reply = { readonly status: number; readonly type: string; readonly text: string; readonly json: () => Record<string, unknown> }

const start = async (options: Partial<ServerOptions> = {}): Promise<void> => {
  server = await startServer({ store, port: 0, ...options })
}

/** One request to the server under test; node:http, because fetch does not let a caller choose Host. */
function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request(`http://127.0.0.1:${portOf(server!)}${path}`, { method, headers }, async (response) => {
      const text = (await response.setEncoding('utf8').toArray()).join('')
      resolve({ status: response.statusCode!, type: response.headers['content-type'] ?? '', text, json: () => JSON.parse(text) })
    })
    sent.on('error', reject).end()
  })
}

const portOf = ({ url }: RunningServer): string => new URL(url).port

describe('what it answers', () => {
  it('/healthz: that it is there, and its version', async () => {
    await start()
    expect(await ask('/healthz').then(({ json }) => json())).toEqual({ status: 'ok', version: softwareVersion })
  })

  it('/v1/runs: every run of the store, and none where there is no store', async () => {
    await start()
    const { runs } = (await ask('/v1/runs')).json() as { runs: object[] }
    expect(runs).toEqual([
      expect.objectContaining({ runId: 'first', recipe: 'sedi', state: 'done', folder: join(store, 'first'), totals: expect.objectContaining({ calls: 2 }) }),
    ])
    expect(runs).toEqual(JSON.parse(JSON.stringify(await openStore({ store }).list())))
    await server!.close()
    await start({ store: join(folder, 'nowhere') })
    expect((await ask('/v1/runs')).json()).toEqual({ runs: [] })
  })

  it.each([
    ['GET', '/nothing'],
    ['GET', '/v1/nothing'],
    ['PUT', '/v1/runs/small/nothing'],
  ])('%s %s: a problem document that says so', async (method, path) => {
    await start()
    const reply = await ask(path, {}, method)
    expect([reply.status, reply.type]).toEqual([404, expect.stringMatching(/^application\/problem\+json/)])
    expect(reply.json()).toMatchObject({ status: 404, code: 'not-found', detail: expect.stringContaining(`There is no ${method} ${path} here.`) })
  })
})

describe('whom it answers', () => {
  it('on loopback only requests addressed to loopback, whatever name resolves to it (DNS rebinding)', async () => {
    await start()
    const port = portOf(server!)
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`]) expect((await ask('/v1/runs', { host })).status).toBe(200)
    for (const host of [`evil.example:${port}`, 'evil.example', 'localhost', `localhost:${Number(port) + 1}`, `localhost.evil.example:${port}`]) {
      const refused = await ask('/v1/runs', { host })
      expect([host, refused.status, refused.json().code]).toEqual([host, 403, 'invalid-credential'])
      expect((await ask('/healthz', { host })).status).toBe(403)
    }
  })

  it('no page of another origin', async () => {
    await start()
    const own = `http://localhost:${portOf(server!)}`
    expect((await ask('/v1/runs', { origin: own })).status).toBe(200)
    for (const origin of ['http://evil.example', 'null', own.replace('http', 'https'), 'http://localhost:1']) {
      expect([origin, (await ask('/v1/runs', { origin })).status]).toEqual([origin, 403])
    }
  })

  it('with a token, only who sends it; /healthz stays open', async () => {
    await start({ token })
    const status = async (authorization?: string): Promise<number> => (await ask('/v1/runs', authorization === undefined ? {} : { authorization })).status
    expect(await status(`Bearer ${token}`)).toBe(200)
    for (const wrong of [undefined, 'Bearer', `Bearer ${token}x`, token, `Basic ${token}`]) expect([wrong, await status(wrong)]).toEqual([wrong, 401])
    expect((await ask('/v1/nothing')).status).toBe(401)
    expect((await ask('/healthz')).status).toBe(200)
  })

  it.each([undefined, ''])('does not listen to other machines without a token (%j)', async (none) => {
    for (const host of ['0.0.0.0', '::', 'example.test']) {
      const error = await startServer({ store, port: 0, host, token: none }).catch((thrown: unknown) => thrown)
      expect(SediError.is(error, 'missing-credential')).toBe(true)
      expect((error as SediError).message).toMatch(/SEDI_API_TOKEN/)
    }
  })

  it('listens to other machines with one, under any name', async () => {
    await start({ host: '0.0.0.0', token })
    expect((await ask('/v1/runs', { host: 'sedi.example', authorization: `Bearer ${token}` })).status).toBe(200)
    expect((await ask('/v1/runs', { host: 'sedi.example' })).status).toBe(401)
  })

  it('an empty token is none', async () => {
    await start({ token: '' })
    expect((await ask('/v1/runs')).status).toBe(200)
    expect((await ask('/v1/runs', { host: 'evil.example' })).status).toBe(403)
  })
})

it('never says a secret: not its token, not the one it was sent, not a key in a path', async () => {
  await start({ token })
  for (const path of ['/v1/runs', '/v1/sk-abcdefgh12345678', '/sk-abcdefgh12345678', '/healthz']) {
    for (const authorization of ['Bearer somebody-elses-token', `Bearer ${token}`]) {
      const { text } = await ask(path, { authorization })
      expect(text).not.toMatch(/correct-horse|somebody-elses|abcdefgh12345678/)
    }
  }
})

it('a port that is taken: invalid-config, and what to do; what was opened for the server is closed', async () => {
  await start()
  const reader = createPrometheus().reader
  const shutdown = vi.spyOn(reader, 'shutdown')
  const error = await startServer({ store, port: Number(portOf(server!)), metricReaders: [reader] }).catch((thrown: unknown) => thrown)
  expect(shutdown).toHaveBeenCalledOnce()
  expect(SediError.is(error, 'invalid-config')).toBe(true)
  expect((error as SediError).message).toMatch(/Choose another port with --port/)
})
