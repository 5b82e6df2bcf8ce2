import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { type Ask, type Reply, testServer, token } from './fixtures/test-server.ts'
import { allRoutes } from './routes/all-routes.ts'

const server = testServer()
const dashboard = mkdtempSync(join(tmpdir(), 'sedi-dashboard-'))
const script = 'console.log("SeDi")\n'.repeat(50)

const write = (name: string, text: string): void => {
  writeFileSync(join(dashboard, name), text)
  writeFileSync(join(dashboard, `${name}.br`), brotliCompressSync(text))
  writeFileSync(join(dashboard, `${name}.gz`), gzipSync(text))
}

function build(page: string): void {
  mkdirSync(join(dashboard, 'assets'), { recursive: true })
  write('index.html', page)
  write('assets/index-1a2b3c.js', script)
  writeFileSync(join(dashboard, 'secret.env'), 'not for anybody')
}

const start = (options = {}): Promise<void> => server.start({ dashboard, ...options })
const browser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }
const visit = { ...browser, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', 'sec-fetch-site': 'none' }
const open = (path: string, headers: Ask['headers'] = visit): Promise<Reply> => server.ask(path, { headers })

build('<!doctype html><title>SeDi</title>')
afterEach(() => server.stop())
afterAll(() => rmSync(dashboard, { recursive: true, force: true }))

describe('the built dashboard', () => {
  it('is one page under every address that a person may open, and asked for anew each time', async () => {
    await start()
    for (const path of ['/', '/new', '/compare?a=x&b=y', '/runs/first', '/runs/some.run/instructions?verdict=rejected', '/no/such/page']) {
      const { status, headers, text } = await open(path)
      expect([path, status, headers['content-type'], headers['cache-control']]).toEqual([path, 200, 'text/html; charset=utf-8', 'no-cache'])
      expect(text).toBe('<!doctype html><title>SeDi</title>')
    }
  })

  it('has files whose names change with their content: kept for ever, compressed as the browser can', async () => {
    await start()
    const get = async (encodings: string): Promise<readonly [string | undefined, number]> => {
      const response = await fetch(`${server.url()}/assets/index-1a2b3c.js`, { headers: { 'accept-encoding': encodings } })
      expect(await response.text()).toBe(script) // fetch has unpacked it
      expect([response.headers.get('cache-control'), response.headers.get('vary')]).toEqual(['public, max-age=31536000, immutable', 'accept-encoding'])
      return [response.headers.get('content-encoding') ?? undefined, Number(response.headers.get('content-length'))]
    }
    const [br, gzip] = ['br', 'gz'].map((end) => readFileSync(join(dashboard, `assets/index-1a2b3c.js.${end}`)))
    expect(brotliDecompressSync(br!).toString()).toBe(gunzipSync(gzip!).toString())
    expect(await get('gzip, deflate, br')).toEqual(['br', br!.length])
    expect(await get('gzip')).toEqual(['gzip', gzip!.length])
    expect(await get('identity')).toEqual([undefined, script.length])
    const head = await server.ask('/assets/index-1a2b3c.js', { method: 'HEAD' })
    expect([head.status, head.text, head.headers['content-length']]).toEqual([200, '', String(script.length)])
  })

  it('gives nothing but what was built: no other file, no way out, no page in place of a file', async () => {
    await start()
    const hidden = ['/secret.env', '/index.html.br', '/assets/index-1a2b3c.js.gz', '/assets/', '/assets/old-000000.js', '/favicon.ico', '/robots.txt']
    const out = ['/../package.json', '/assets/../secret.env', '/assets/..%2fsecret.env', '/%2e%2e/package.json', '/assets/%2e%2e/%2e%2e/secret.env']
    for (const path of [...hidden, ...out]) {
      const reply = await open(path)
      expect([path, reply.text.includes('not for anybody'), reply.text.includes('"name"')]).toEqual([path, false, false])
      if (hidden.includes(path)) expect([path, reply.status, reply.json().code]).toEqual([path, 404, 'not-found'])
    }
  })

  it('shadows nothing of the API: what it has, and what it has not, is answered as before', async () => {
    await start()
    for (const path of ['/v1/runs', '/healthz', '/openapi.json'])
      expect([path, (await open(path)).headers['content-type']]).toEqual([path, expect.stringMatching(/json/)])
    for (const path of ['/v1', '/v1/', '/v1/nothing', '/v2/runs', '/v1/runs/none']) {
      const { status, headers } = await open(path)
      expect([path, status, headers['content-type']]).toEqual([path, 404, 'application/problem+json; charset=utf-8'])
    }
    expect((await server.ask('/runs/x', { method: 'POST', headers: { ...browser, 'content-type': 'application/json' }, body: '{}' })).status).toBe(404)
    const built = readdirSync(join(dashboard, 'assets')).map((name) => `/assets/${name}`)
    expect(allRoutes.filter(({ path }) => built.includes(path) || path === '/')).toEqual([])
  })

  it('is for browsers: a program that asks for no page gets a problem it can read', async () => {
    await start()
    for (const headers of [{}, { accept: '*/*' }, { accept: 'application/json' }]) expect((await open('/runs/first', headers)).status).toBe(404)
  })

  it('is read anew when it is built anew, and goes on as it was until that is whole; files of the build before stay for pages that are open', async () => {
    await start()
    const title = async (): Promise<string> => /<title>([^<]*)/.exec((await open('/')).text)![1]!
    expect(await title()).toBe('SeDi')
    rmSync(dashboard, { recursive: true })
    expect([await title(), (await open('/assets/index-1a2b3c.js')).status]).toEqual(['SeDi', 200])
    mkdirSync(join(dashboard, 'assets'), { recursive: true })
    writeFileSync(join(dashboard, 'index.html'), '<!doctype html><title>Another</title>')
    write('assets/index-4d5e6f.js', script)
    expect([await title(), (await open('/assets/index-4d5e6f.js')).status]).toEqual(['SeDi', 404])
    write('index.html', '<!doctype html><title>Another</title>')
    const later = new Date(Date.now() + 5000)
    utimesSync(join(dashboard, 'index.html.gz'), later, later)
    expect(await title()).toBe('Another')
    for (const name of ['1a2b3c', '4d5e6f']) expect([name, (await open(`/assets/index-${name}.js`)).status]).toEqual([name, 200])
    build('<!doctype html><title>SeDi</title>')
  })

  it('may load and ask only its own server: nothing in the page itself, no frame, no other address', async () => {
    await start()
    for (const path of ['/', '/runs/first', '/assets/index-1a2b3c.js']) {
      const { headers } = await open(path)
      const policy = headers['content-security-policy']!
      expect(policy).toMatch(/^default-src 'none';script-src 'self';style-src 'self';/)
      expect(policy).toContain("frame-ancestors 'none'")
      expect(policy).not.toMatch(/unsafe|\*|https?:/)
      expect(headers).toMatchObject({ 'x-frame-options': 'DENY', 'x-content-type-options': 'nosniff', 'cross-origin-resource-policy': 'same-origin' })
    }
  })
})

describe('who gets it', () => {
  it('everyone who may address the server, without the token: it holds no data. The data needs it', async () => {
    await start({ token })
    expect([(await open('/')).status, (await open('/runs/first')).status, (await open('/assets/index-1a2b3c.js')).status]).toEqual([200, 200, 200])
    expect((await open('/v1/runs')).status).toBe(401)
  })

  it('a link on another site opens a page; nothing else may begin there', async () => {
    await start()
    const link = { ...visit, 'sec-fetch-site': 'cross-site' }
    expect([(await open('/runs/first', link)).status, (await open('/', link)).status]).toEqual([200, 200])
    const refused: readonly [string, Ask][] = [
      ['/v1/runs', { headers: link }],
      ['/', { headers: { ...link, 'sec-fetch-dest': 'iframe' } }],
      ['/assets/index-1a2b3c.js', { headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' } }],
      ['/', { headers: { ...link, origin: 'http://evil.example' } }],
      ['/v1/runs', { method: 'POST', headers: { ...link, 'content-type': 'application/json' }, body: '{}' }],
      ['/', { headers: { ...link, host: `evil.example:${server.port()}` } }],
    ]
    for (const [path, ask] of refused) expect([path, ask, (await server.ask(path, ask)).status]).toEqual([path, ask, 403])
  })
})

it('not built: the page says how to build it, and the API works', async () => {
  await start({ dashboard: join(dashboard, 'nowhere') })
  const { status, headers, text } = await open('/')
  expect([status, headers['content-type']]).toEqual([503, 'text/plain; charset=utf-8'])
  expect(text).toMatch(/The dashboard is not built.*turbo run build --filter=@sedi\/dashboard/s)
  expect((await open('/v1/runs')).json()).toEqual({ runs: [] })
})
