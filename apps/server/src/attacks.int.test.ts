import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { openStore } from '@sedi/kit'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Ask, type Reply, seeds, smallConfig, testServer, token } from './fixtures/test-server.ts'

const server = testServer()
const json = { 'content-type': 'application/json' }
const bearer = { authorization: `Bearer ${token}` }

beforeAll(async () => {
  await server.start()
  await server.ask('/v1/runs', { json: { name: 'small', config: smallConfig() } })
  await server.until('small', 'done')
  await server.stop()
})
afterEach(() => server.stop())

const create = (config: object, name = 'attack'): Promise<Reply> => server.ask('/v1/runs', { json: { name, config, start: false } })
const nothingCreated = (name = 'attack'): void => expect(existsSync(join(server.store, name))).toBe(false)

describe('a page of another site, in the browser of who runs the server', () => {
  it.each<[string, Ask]>([
    ['posts a form', { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded', origin: 'http://evil.example' }, body: 'a=1' }],
    ['posts a form without saying where from', { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'a=1' }],
    ['posts JSON as text, which needs no preflight', { headers: { 'content-type': 'text/plain' }, body: '{}' }],
    ['posts nothing at all', { method: 'POST' }],
    ['posts JSON', { headers: { ...json, origin: 'http://evil.example' }, body: '{}' }],
    ['posts from a sandboxed frame', { headers: { ...json, origin: 'null' }, body: '{}' }],
    ['posts from another port of this machine', { headers: { ...json, origin: 'http://localhost:3000', 'sec-fetch-site': 'same-site' }, body: '{}' }],
  ])('%s: refused, and nothing done', async (_, ask) => {
    await server.start()
    for (const path of ['/v1/runs', '/v1/runs/small/cancel', '/v1/config/plan', '/v1/session']) {
      const refused = await server.ask(path, ask)
      expect([path, refused.status]).toEqual([path, ask.headers?.origin === undefined ? 415 : 403])
    }
    expect((await server.ask('/v1/runs')).json().runs).toEqual([expect.objectContaining({ runId: 'small', state: 'done' })])
  })

  it('asks for permission (preflight), loads as image or script, or is resolved to this machine (DNS rebinding): no', async () => {
    await server.start()
    const preflight = await server.ask('/v1/runs', { method: 'OPTIONS', headers: { origin: 'http://evil.example', 'access-control-request-method': 'POST' } })
    expect(preflight.status).toBe(403)
    expect((await server.ask('/v1/runs', { headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' } })).status).toBe(403)
    expect((await server.ask('/v1/runs', { headers: { host: `evil.example:${server.port()}` } })).status).toBe(403)
    expect((await server.ask('/v1/runs', { headers: { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' } })).status).toBe(403)
    for (const { headers } of [preflight, await server.ask('/v1/runs')])
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([])
  })

  it('headers let no page frame, sniff, load or embed what comes from here', async () => {
    await server.start()
    for (const path of ['/v1/runs', '/healthz', '/nothing', '/v1/runs/small/events?follow=false']) {
      const { headers } = await server.ask(path)
      expect(headers['content-security-policy']).toBe(
        "default-src 'none';script-src 'self';style-src 'self';img-src 'self' data:;font-src 'self';connect-src 'self';form-action 'self';base-uri 'none';frame-ancestors 'none'",
      )
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cross-origin-resource-policy': 'same-origin', 'referrer-policy': 'no-referrer' })
      expect(headers).not.toHaveProperty('x-powered-by')
    }
  })
})

describe('who has not the token', () => {
  it('gets nothing but health, the description and the question for it', async () => {
    await server.start({ token })
    const { paths } = (await server.ask('/openapi.json')).json()
    for (const [path, methods] of Object.entries(paths as Record<string, object>)) {
      for (const method of Object.keys(methods)) {
        const reply = await server.ask(path.replace('{run}', 'small').replace('{id}', 'x').replace('{step}', '1'), {
          method: method.toUpperCase(),
          headers: json,
          ...(method === 'post' ? { body: '{}' } : {}),
        })
        const open = ['/healthz', '/readyz', '/openapi.json'].includes(path) || (path === '/v1/session' && method !== 'post')
        expect([method, path, reply.status < 300]).toEqual([method, path, open])
        if (!open && path !== '/v1/session') expect([path, reply.status, reply.headers['www-authenticate']]).toEqual([path, 401, 'Bearer realm="sedi"'])
      }
    }
  })

  it('may guess a few times in a minute', async () => {
    await server.start({ token, limits: { wrongTokensPerMinute: 3 } })
    const guess = (given: string): Promise<Reply> => server.ask('/v1/session', { json: { token: given } })
    for (const wrong of ['', token.slice(1), `${token} `]) expect((await guess(wrong)).status).toBe(401)
    const refused = await guess(token)
    expect([refused.status, refused.json().code, Number(refused.headers['retry-after']) > 0]).toEqual([429, 'rate-limited', true])
  })

  it('cannot choose a token that is easily guessed, and the hash alone is enough for the server', async () => {
    await expect(server.start({ token: 'short' })).rejects.toMatchObject({
      code: 'invalid-credential',
      message: expect.stringContaining('at least 16 characters'),
    })
    await server.start({ token: `sha256:${createHash('sha256').update(token).digest('hex')}` })
    expect((await server.ask('/v1/runs', { headers: bearer })).status).toBe(200)
    expect((await server.ask('/v1/runs', { headers: { authorization: `Bearer ${token}x` } })).status).toBe(401)
  })
})

describe('a browser that logs in', () => {
  const logIn = async (): Promise<string> => {
    const { status, headers } = await server.ask('/v1/session', { json: { token } })
    expect(status).toBe(204)
    return String(headers['set-cookie'])
  }

  it('gets a cookie that no script reads and no other site sends, and that is not the token', async () => {
    await server.start({ token })
    const set = await logIn()
    expect(set).toMatch(/^sedi_session=[\w-]{43}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/)
    expect(set).not.toContain(token)
    const cookie = set.split(';')[0]!
    expect((await server.ask('/v1/session', { headers: { cookie } })).json()).toEqual({ needed: true, loggedIn: true })
    expect((await server.ask('/v1/runs', { headers: { cookie } })).status).toBe(200)
    expect((await server.ask('/v1/runs', { headers: { cookie: `${cookie}x` } })).status).toBe(401)
    for (const headers of [{ origin: 'http://evil.example' }, { 'sec-fetch-site': 'cross-site' }]) {
      expect((await server.ask('/v1/runs/small/cancel', { headers: { cookie, ...json, ...headers }, body: '{}' })).status).toBe(403)
    }
    expect((await server.ask('/v1/session', { method: 'DELETE', headers: { cookie } })).status).toBe(204)
    expect((await server.ask('/v1/runs', { headers: { cookie } })).status).toBe(401)
  })

  it('over TLS gets one that goes over nothing else', async () => {
    await server.start({ token, secureCookies: true })
    expect(await logIn()).toMatch(/; Secure$/)
  })
})

describe('names that lead elsewhere', () => {
  it.each([
    '..',
    '.',
    '%2e%2e',
    '..%2f..%2fetc',
    '%2fetc%2fpasswd',
    'small%2f..%2fsmall',
    '..%5c..',
    'small%00',
    '.server',
    '%2e%2e%2fdata',
    '~',
    `${'a'.repeat(200)}`,
    'CON:',
    'a%20b',
  ])('a run called %s', async (name) => {
    await server.start()
    for (const path of ['', '/facts', '/events', '/export', '/cost', '/explain/seed-001']) {
      const { status } = await server.ask(`/v1/runs/${name}${path}`)
      expect([path, status]).toEqual([path, expect.toBeOneOf([400, 404])])
    }
    const created = await server.ask('/v1/runs', { json: { name: decodeURIComponent(name), config: smallConfig() } })
    expect([created.status, created.json().code]).toEqual([400, 'invalid-input'])
  })

  it('a run outside the store, found by its folder or by a link', async () => {
    const outside = await openStore({ store: join(server.folder, 'data') }).create({
      kind: 'run',
      runId: 'outside',
      config: {},
      fingerprint: '',
      softwareVersion: '',
      createdAt: 0,
    })
    await outside.close()
    const before = process.cwd()
    process.chdir(join(server.folder, 'data'))
    try {
      await server.start()
      expect((await server.ask('/v1/runs/outside')).status).toBe(404)
      expect((await server.ask('/v1/runs/outside/cancel', { json: {} })).status).toBe(404)
    } finally {
      process.chdir(before)
    }
  })

  it.each([
    ['/etc/passwd', 'seeds'],
    ['../runs/small/ledger.db', 'seeds'],
    ['link.jsonl', 'seeds'],
    ['folder/../../secret.jsonl', 'seeds'],
  ])('a configuration that names %s as %s', async (seeds, path) => {
    writeFileSync(join(server.folder, 'secret.jsonl'), '{"instruction":"the secret","output":"x"}\n')
    if (!existsSync(join(server.folder, 'data/link.jsonl'))) symlinkSync(join(server.folder, 'secret.jsonl'), join(server.folder, 'data/link.jsonl'))
    mkdirSync(join(server.folder, 'data/folder'), { recursive: true })
    await server.start()
    const refused = await create({ ...smallConfig(), seeds })
    expect([refused.status, refused.json().issues]).toEqual([400, [expect.objectContaining({ path, code: 'outside' })]])
    nothingCreated()
    expect((await server.ask('/v1/config/plan', { json: { config: { ...smallConfig(), seeds } } })).status).toBe(400)
  })

  it.each([
    [{ store: '/tmp/elsewhere' }, 'store'],
    [{ trainer: { id: 'command', command: ['sh', '-c', 'touch pwned'] } }, 'trainer.command'],
    [{ trainer: { id: 'python', baseModel: 'x', python: '/bin/sh' } }, 'trainer.python'],
    [{ trainer: 'command' }, 'trainer.command'],
    [{ trainer: { id: 'ray', baseModel: 'x', runtimeEnv: { py_executable: 'touch pwned' } } }, 'trainer.runtimeEnv'],
    [{ feedback: { scorer: { id: 'python', baseModel: 'x', python: '/bin/sh' } } }, 'feedback.scorer.python'],
    [{ generator: { id: 'ai-sdk', package: 'evil', model: 'x' } }, 'generator.package'],
    [{ embedder: { id: 'transformers', modulesFrom: '.', model: 'x' } }, 'embedder.modulesFrom'],
    [{ filter: { semantic: { embedder: { id: 'transformers', modulesFrom: '.', model: 'x' } } } }, 'filter.semantic.embedder.modulesFrom'],
  ])('a configuration with %j', async (change, path) => {
    await server.start()
    const refused = await create({ ...smallConfig(), ...change })
    expect([refused.status, refused.json().issues.map((issue: { path: string }) => issue.path)]).toEqual([400, expect.arrayContaining([path])])
    nothingCreated()
    expect(readdirSync(join(server.folder, 'data'))).not.toContain('pwned')
  })
})

describe('addresses that lead to the machine’s own credentials', () => {
  const at = (baseUrl: string): object => smallConfig({ generator: { id: 'openai', model: 'm', baseUrl, price: { inputPerMTokUsd: 1, outputPerMTokUsd: 1 } } })

  it.each([
    'http://169.254.169.254/latest/meta-data',
    'http://2852039166/v1',
    'http://0xa9fea9fe/v1',
    'http://0251.0376.0251.0376/v1',
    'http://169.254.1.1:8080/v1',
    'http://[fe80::1]/v1',
    'http://[::ffff:169.254.169.254]/v1',
    'http://[64:ff9b::a9fe:a9fe]/v1',
    'http://[fd00:ec2::254]/v1',
    'http://metadata.google.internal/v1',
    'http://METADATA.google.internal./v1',
    'http://100.100.100.200/v1',
  ])('%s', async (baseUrl) => {
    await server.start()
    const refused = await create(at(baseUrl))
    expect([refused.status, refused.json().issues]).toEqual([400, [expect.objectContaining({ path: 'generator.baseUrl', code: 'forbidden-address' })]])
    nothingCreated()
  })

  it('are let through where the server was told so, as is a model on this machine', async () => {
    await server.start({ allowedHosts: ['169.254.1.1'] })
    expect((await create(at('http://169.254.1.1/v1'), 'allowed')).status).toBe(201)
    expect((await create(at('http://127.0.0.1:8000/v1'), 'local')).status).toBe(201)
    expect((await create(at('http://169.254.1.2/v1'))).status).toBe(400)
  })
})

describe('bodies made to break it', () => {
  const deep = (levels: number): string => `${'{"config":'.repeat(levels)}1${'}'.repeat(levels)}`
  it.each<[string, number, Ask]>([
    ['not JSON', 400, { headers: json, body: '{"config":' }],
    ['an array', 400, { headers: json, body: '[]' }],
    ['null', 400, { headers: json, body: 'null' }],
    ['a text', 400, { headers: json, body: '"x"' }],
    ['not UTF-8', 400, { headers: json, body: Buffer.from([0x7b, 0xff, 0xfe, 0x7d]) }],
    ['five megabytes', 413, { headers: json, body: JSON.stringify({ config: { seeds: 'x'.repeat(5_000_000) } }) }],
    [
      'five megabytes, packed',
      413,
      { headers: { ...json, 'content-encoding': 'gzip' }, body: gzipSync(JSON.stringify({ config: { seeds: 'x'.repeat(5_000_000) } })) },
    ],
    ['an encoding nobody knows', 415, { headers: { ...json, 'content-encoding': 'zip' }, body: '{}' }],
    ['a hundred thousand levels', 400, { headers: json, body: deep(100_000) }],
    ['wrong types', 400, { json: { config: 5, name: {}, seeds: 'x' } }],
    ['unknown names', 400, { json: { config: smallConfig(), folder: '/tmp' } }],
    ['a prototype', 400, { headers: json, body: '{"config":{},"__proto__":{"start":true},"constructor":{}}' }],
    ['text with NUL in a name', 400, { json: { name: 'a\0b', config: smallConfig() } }],
  ])('%s: %i', async (_, status, ask) => {
    await server.start()
    const refused = await server.ask('/v1/runs', ask)
    expect([refused.status, refused.headers['content-type']]).toEqual([status, expect.stringMatching(/^application\/problem\+json/)])
    expect(refused.json().detail.length).toBeGreaterThan(10)
    expect((await server.ask('/healthz')).status).toBe(200)
    expect(({} as Record<string, unknown>).start).toBeUndefined()
  })

  it('a path that cannot be decoded, a method that is not there, two of one parameter', async () => {
    await server.start()
    expect((await server.ask('/v1/runs/%zz')).status).toBe(400)
    const refused = await server.ask('/v1/runs', { method: 'PUT' })
    expect([refused.status, refused.headers.allow]).toEqual([405, 'GET, POST'])
    expect((await server.ask('/v1/runs/small/facts?limit=1&limit=2')).status).toBe(400)
    expect((await server.ask('/v1/runs/small/facts?limit=1e3')).status).toBe(400)
    expect((await server.ask('/v1/runs/small/facts?nothing=1')).status).toBe(400)
    expect((await server.ask('/v1/runs/small/facts?limit=1001')).status).toBe(400)
  })

  it('a connection that is dropped in the middle of a body does nothing', async () => {
    await server.start()
    await new Promise<void>((resolve) => {
      const socket = connect(Number(server.port()), '127.0.0.1', () => {
        socket.write(
          `POST /v1/runs HTTP/1.1\r\nHost: 127.0.0.1:${server.port()}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"name":"attack","config":`,
        )
        setTimeout(() => {
          socket.destroy()
          resolve()
        }, 100)
      })
    })
    expect((await server.ask('/healthz')).status).toBe(200)
    nothingCreated()
  })
})

describe('too much', () => {
  it('of one address in a minute: 429 and how long to wait', async () => {
    await server.start({ limits: { requestsPerMinute: 5, startsPerMinute: 2 } })
    for (let i = 0; i < 5; i++) expect((await server.ask('/healthz')).status).toBe(200)
    const refused = await server.ask('/healthz')
    expect([refused.status, refused.json().code, Number(refused.headers['retry-after']) > 0]).toEqual([429, 'rate-limited', true])
  })

  it('to begin: runs, and processes', async () => {
    await server.start({ limits: { startsPerMinute: 1 } })
    expect((await create({})).status).toBe(400)
    expect((await create({})).status).toBe(429)
    await server.stop()
    await server.start({ limits: { runs: 0, streams: 0 } })
    await server.ask('/v1/runs', { json: { name: 'waits', config: smallConfig(), start: false } })
    expect((await server.ask('/v1/runs/waits/resume', { json: {} })).status).toBe(503)
    const stream = await server.ask('/v1/runs/small/events')
    expect([stream.status, stream.headers['retry-after']]).toEqual([503, '5'])
  })
})

describe('secrets', () => {
  it('that somebody wrote into a configuration are in no answer', async () => {
    await server.start({ allowCommands: true })
    const config = smallConfig({
      generator: {
        id: 'openai',
        model: 'm',
        baseUrl: 'http://user:hunter22@127.0.0.1:9/v1',
        organization: 'sk-abcdefgh12345678',
        price: { inputPerMTokUsd: 1, outputPerMTokUsd: 1 },
      },
      trainer: { id: 'ray', baseModel: 'x', address: 'http://u:hunter22@127.0.0.1:9', runtimeEnv: { env_vars: { HF_TOKEN: 'swordfish' } } },
    })
    const said = [await server.ask('/v1/runs', { json: { name: 'secret', config, seeds, start: false } })]
    expect(said[0]!.status).toBe(201)
    for (const path of ['/v1/runs', '/v1/runs/secret', '/v1/runs/secret/facts', '/v1/runs/secret/events?follow=false']) said.push(await server.ask(path))
    said.push(await server.ask('/v1/config/plan', { json: { config, seeds } }))
    for (const { text, status } of said) {
      expect(status).toBeLessThan(300)
      expect(text).not.toMatch(/hunter22|swordfish|abcdefgh12345678/)
    }
  })

  it('of the server are not handed to the processes of runs', async () => {
    process.env.SEDI_API_TOKEN = token
    try {
      await server.start({ token, sedi: [process.execPath, '-e', 'process.stdout.write(JSON.stringify(process.env)); setTimeout(() => {}, 300)', '--'] })
      await server.ask('/v1/runs', { headers: bearer, json: { name: 'env', config: smallConfig() } })
      await expect.poll(() => readFileSync(join(server.store, 'env/process.json'), 'utf8')).toContain('PATH')
      expect(readFileSync(join(server.store, 'env/process.json'), 'utf8')).not.toContain(token)
    } finally {
      delete process.env.SEDI_API_TOKEN
    }
  })
})
