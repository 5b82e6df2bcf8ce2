import { afterAll, expect, it } from 'vitest'
import { testServer } from './fixtures/test-server.ts'

const server = testServer()
afterAll(() => server.stop())

it('rows that need more memory than a service has are refused, and harm nobody', async () => {
  await server.start({ limits: { serviceMegabytes: 40 } })
  const heavy = Array.from({ length: 60_000 }, (_, i) =>
    JSON.stringify({ instruction: Array.from({ length: 20 }, (_, j) => `w${(i * 31 + j * 7919) % 50_000}`).join(' ') }),
  ).join('\n')
  const reply = await server.ask('/v1/batch', { headers: { 'content-type': 'application/x-ndjson' }, body: heavy })
  expect([reply.status, reply.json().code]).toEqual([413, 'invalid-input'])
  expect((await server.ask('/healthz')).status).toBe(200)
})
