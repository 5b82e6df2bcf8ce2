import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { address, getJson, postJson, runAddress } from './client.ts'
import { ApiProblem } from './problem.ts'

let server: Server
let url: string
const sent: string[] = []

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (piece) => (body += piece))
    request.on('end', () => {
      sent.push(`${request.method} ${request.headers['content-type']} ${body}`)
      if (request.url === '/problem')
        response.writeHead(400, { 'content-type': 'application/problem+json' }).end(
          JSON.stringify({
            type: 'x',
            title: 'No',
            status: 400,
            detail: 'Do this.',
            code: 'invalid-config',
            issues: [{ path: 'a.b', code: 'c', message: 'm' }],
          }),
        )
      else if (request.url === '/proxy') response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad gateway</h1>')
      else if (request.url === '/nothing') response.writeHead(204).end()
      else response.writeHead(200, { 'content-type': 'application/json' }).end('{"fine":true}')
    })
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => server.close())

const refused = (promise: Promise<unknown>): Promise<ApiProblem> =>
  promise.then(
    () => expect.unreachable(),
    (error) => error,
  )

it('addresses: what is not given is left out, what is odd is encoded', () => {
  expect(address('/v1/x', { a: undefined, b: null, c: '', d: 0, e: false, f: 'ä & b' })).toBe('/v1/x?d=0&e=false&f=%C3%A4+%26+b')
  expect(runAddress('a/b', '/rows', { limit: 3 })).toBe('/v1/runs/a%2Fb/rows?limit=3')
  expect(address('/v1/x', {})).toBe('/v1/x')
})

it('answers, and bodies that say that they are JSON, also an empty one', async () => {
  expect(await getJson(`${url}/fine`)).toEqual({ fine: true })
  expect(await postJson(`${url}/fine`)).toEqual({ fine: true })
  expect(await postJson(`${url}/nothing`, { token: 'x' })).toBeUndefined()
  expect(sent).toEqual(['GET undefined ', 'POST application/json {}', 'POST application/json {"token":"x"}'])
})

it('a problem is an error with its code, its advice and all issues', async () => {
  const problem = await refused(getJson(`${url}/problem`))
  expect(problem).toBeInstanceOf(ApiProblem)
  expect(problem).toMatchObject({ status: 400, code: 'invalid-config', title: 'No', message: 'Do this.', issues: [{ path: 'a.b', code: 'c', message: 'm' }] })
})

it('what a proxy says instead, and a server that is gone, are problems as well', async () => {
  expect(await refused(getJson(`${url}/proxy`))).toMatchObject({ status: 502, code: 'internal', title: 'The server answered 502' })
  expect(await refused(getJson('http://127.0.0.1:9/'))).toMatchObject({ status: 0, code: 'unreachable' })
})

it('what was given up is no problem', async () => {
  const given = await refused(getJson(`${url}/fine`, AbortSignal.abort()))
  expect(given).not.toBeInstanceOf(ApiProblem)
})
