import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { batchInstructions, filterFile } from '@sedi/kit'
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { type Json, type Reply, testServer } from './fixtures/test-server.ts'

const server = testServer()
beforeEach(() => server.start())
afterEach(async () => {
  await server.stop()
  expect(readdirSync(process.env.TMPDIR!)).toEqual([])
})
beforeAll(() => {
  process.env.TMPDIR = join(server.folder, 'temporary')
  mkdirSync(process.env.TMPDIR)
})

const words = ['river', 'stone', 'paper', 'cloud', 'piano', 'lemon', 'tiger', 'glass', 'north', 'spoon', 'wheel', 'candle']
const rows = Array.from({ length: 300 }, (_, i) => ({
  instruction: `Write about the ${words[i % 12]} and the ${words[(i * 5 + 1) % 12]} number ${i % 90} in your own way`,
  output: `${i}`,
}))
const text = `${rows.map((row) => JSON.stringify(row)).join('\n')}\nnot JSON\n`
const lines = (reply: Reply): Json[] =>
  reply.text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

const send = (path: string, body = text, type = 'application/x-ndjson'): Promise<Reply> => server.ask(path, { headers: { 'content-type': type }, body })

it('filter: the same verdicts as the library’s, row by row, with a summary; or just what is kept', async () => {
  const file = join(server.folder, 'rows.jsonl')
  writeFileSync(file, text)
  const expected: object[] = []
  const result = await filterFile(file, {
    threshold: 0.8,
    onDecision: async (record, why) => void expected.push(why === undefined ? { verdict: 'kept', record } : { verdict: 'rejected', ...why, record }),
  })
  const answered = lines(await send('/v1/filter?threshold=0.8'))
  expect(answered.slice(0, -1)).toEqual(expected)
  expect(answered.at(-1)!.summary).toMatchObject({
    read: 301,
    kept: result.kept,
    rejected: result.rejected,
    issues: [{ path: 'line 301', code: 'broken-row' }],
  })
  expect(result.kept).toBeGreaterThan(0)
  expect(result.rejected.similar).toBeGreaterThan(0)
  const kept = lines(await send('/v1/filter?threshold=0.8&output=kept', text, 'application/jsonl; charset=utf-8'))
  expect(kept).toEqual(expected.filter((one) => 'verdict' in one && one.verdict === 'kept').map((one) => (one as { record: object }).record))
})

it('batch: the same batches as the library’s', async () => {
  const file = join(server.folder, 'rows.jsonl')
  writeFileSync(file, text)
  const { batches, composed } = await batchInstructions({ file }, { size: 32, epochs: 2, randomSeed: 7 })
  const answered = lines(await send('/v1/batch?size=32&epochs=2&randomSeed=7'))
  expect(answered.slice(0, -1).map(({ ids }) => ids)).toEqual(batches.map(({ ids }) => ids))
  expect(answered.at(-1)!.summary).toMatchObject({ rows: 300, malformed: 1, composed })
})

it.each([
  ['/v1/filter?threshold=2', text, 'application/x-ndjson', 400],
  ['/v1/filter?threshold=nan', text, 'application/x-ndjson', 400],
  ['/v1/filter?strict=true', text, 'application/x-ndjson', 400],
  ['/v1/filter', text, 'application/json', 415],
  ['/v1/batch', '', 'application/x-ndjson', 400],
  ['/v1/batch?composer=nobody', text, 'application/x-ndjson', 400],
])('%s: a problem and nothing else', async (path, body, type, status) => {
  const reply = await send(path, body, type)
  expect([reply.status, reply.json().status]).toEqual([status, status])
  expect(reply.text).not.toContain(server.folder)
})

it('takes no more bytes than it says, whatever the sender says', async () => {
  await server.stop()
  await server.start({ limits: { uploadBytes: 1000 } })
  const refused = await send('/v1/filter')
  expect([refused.status, refused.json().code]).toEqual([413, 'invalid-input'])
})

it('works on so many at once, is ended when the sender goes, and answers others meanwhile', async () => {
  await server.stop()
  await server.start({ limits: { services: 1 } })
  const many = Array.from({ length: 20_000 }, (_, i) =>
    JSON.stringify({ instruction: `Row ${i} ${words[i % 12]} ${(i * 7919) % 1000} ${(i * 104729) % 997} and ${words[(i * 7) % 12]}` }),
  ).join('\n')
  const outgoing = request(`${server.url()}/v1/filter?threshold=1`, { method: 'POST', headers: { 'content-type': 'application/x-ndjson' } })
  outgoing.on('error', () => {})
  outgoing.end(many)
  await new Promise((resolve) => outgoing.on('response', resolve))
  expect((await server.ask('/healthz')).status).toBe(200)
  expect((await send('/v1/batch')).status).toBe(503)
  outgoing.destroy()
  await expect.poll(async () => (await send('/v1/batch?size=64')).status, { timeout: 60_000 }).toBe(200)
})
