import { execFile, execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'

// The file on docs/adding-a-provider.md, dropped into a copy of the package. Only the registry is regenerated: nothing else knows of it.
const repository = join(import.meta.dirname, '../../..')
const root = mkdtempSync(join(tmpdir(), 'sedi-drop-in-'))
const source = join(root, 'packages/generators/src')
const script = `
const { providers } = await import(${JSON.stringify(join(source, 'index.ts'))})
const [baseUrl, apiKey] = process.argv.slice(1)
const context = { credentials: { apiKey }, timeoutMs: 5000 }
const generator = await providers.acme.createTextGenerator('m', providers.acme.options.parse({ baseUrl }), context)
const ask = (content) => generator.generate({ messages: [{ role: 'user', content }], maxOutputTokens: 5 })
const failures = []
for (const content of ['refuse', 'odd', 'stall']) failures.push(await ask(content).catch(({ code, retryable, details, message }) => ({ code, retryable, charged: details.charged, message })))
console.log(JSON.stringify({ ids: Object.keys(providers), answer: await ask('hello'), failures }))
`
let server: Server

beforeAll(async () => {
  cpSync(join(repository, 'packages/generators/src'), source, { recursive: true, filter: (path) => !path.endsWith('.test.ts') })
  mkdirSync(join(root, 'tooling'))
  cpSync(join(repository, 'tooling/gen-registry.mjs'), join(root, 'tooling/gen-registry.mjs'))
  cpSync(join(repository, 'packages/generators/package.json'), join(root, 'packages/generators/package.json'))
  symlinkSync(join(repository, 'packages/generators/node_modules'), join(root, 'packages/generators/node_modules'))
  server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const [{ content }] = (JSON.parse(body) as { messages: [{ content: string }] }).messages
    if (content === 'stall') return
    if (content === 'refuse') response.writeHead(429, { 'retry-after': '2' }).end(JSON.stringify({ error: `slow down, ${request.headers.authorization}` }))
    else response.end(JSON.stringify(content === 'odd' ? { text: 'half' } : { text: `Re: ${content}`, done: 'stop', used: { in: 3, out: 2 } }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
  rmSync(root, { recursive: true, force: true })
})

it('takes one file and a new registry', async () => {
  const page = readFileSync(join(repository, 'docs/adding-a-provider.md'), 'utf8')
  const [, code] = /```ts\n\/\/ packages\/generators\/src\/providers\/acme\.ts\n(.*?)```/s.exec(page)!
  writeFileSync(join(source, 'providers/acme.ts'), code!)
  execFileSync(process.execPath, [join(root, 'tooling/gen-registry.mjs')])

  const { port } = server.address() as AddressInfo
  const secret = 'one.two.three.four'
  const parameters = ['--conditions=@sedi/source', '--input-type=module', '-e', script, `http://127.0.0.1:${port}`, secret]
  const { stdout } = await promisify(execFile)(process.execPath, parameters)
  const { ids, answer, failures } = JSON.parse(stdout)
  expect(ids).toContain('acme')
  expect(ids).toContain('openai')
  expect(answer).toMatchObject({ text: 'Re: hello', finishReason: 'stop', usage: { inputTokens: 3, outputTokens: 2 }, warnings: [] })
  expect(failures).toEqual([
    { code: 'rate-limited', retryable: true, charged: 'none', message: expect.stringContaining('slow down, [removed]') },
    { code: 'provider-response', retryable: true, charged: 'uncertain', message: expect.stringContaining('done') },
    { code: 'timeout', retryable: true, charged: 'uncertain', message: expect.stringContaining('5000 ms') },
  ])
})
