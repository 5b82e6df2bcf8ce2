import { afterAll, beforeAll, expect, it } from 'vitest'
import { followEvents, seqsUpTo } from './fixtures/follow-events.ts'
import { longConfig, smallConfig, testServer } from './fixtures/test-server.ts'

const server = testServer()
beforeAll(async () => {
  await server.start()
  await server.ask('/v1/runs', { json: { name: 'small', config: smallConfig() } })
  await server.until('small', 'done')
})
afterAll(() => server.stop())

it('gives every fact once and in order, as JSON, with its number as id', async () => {
  const { text, headers } = await server.ask('/v1/runs/small/events?follow=false')
  expect([headers['content-type'], headers['cache-control']]).toEqual(['text/event-stream; charset=utf-8', 'no-store'])
  const events = text.split('\n\n').filter((event) => event.startsWith('id: '))
  const facts = (await server.ask('/v1/runs/small/facts?limit=1000')).json().items
  expect(events).toEqual(facts.map((fact: { seq: number }) => `id: ${fact.seq}\ndata: ${JSON.stringify(fact)}`))
})

it('goes on after Last-Event-ID, which wins over `after`; only kinds that are asked for', async () => {
  const ids = async (query: string, headers = {}): Promise<number[]> =>
    [...(await server.ask(`/v1/runs/small/events?follow=false${query}`, { headers })).text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id))
  const all = await ids('')
  expect(await ids('&after=10')).toEqual(all.slice(10))
  expect(await ids('&after=10', { 'last-event-id': '20' })).toEqual(all.slice(20))
  expect(await ids('', { 'last-event-id': String(all.length) })).toEqual([])
  const kept = (await server.ask('/v1/runs/small/facts?kind=yield')).json().items
  expect(await ids('&kind=yield')).toEqual(kept.map(({ seq }: { seq: number }) => seq))
})

it('latest: only what is recorded from now on', async () => {
  expect((await server.ask('/v1/runs/small/events?follow=false&after=latest')).text).not.toContain('id: ')
  const page = (await server.ask('/v1/runs/small/facts?limit=1000')).json()
  expect(page.more).toBe(false)
  for (const after of [page.last - 1, page.last]) {
    const { text } = await server.ask('/v1/runs/small/events?follow=false&after=latest', { headers: { 'last-event-id': String(after) } })
    expect([after, text.match(/^id: \d+/gm)]).toEqual([after, after === page.last ? null : [`id: ${page.last}`]])
  }
})

it.each([
  ['?kind=candidate,nonsense', {}, 400],
  ['?after=-1', {}, 400],
  ['', { 'last-event-id': 'abc' }, 400],
  ['', { 'last-event-id': '999999' }, 409],
])('%s %j: %i', async (query, headers, status) => {
  expect((await server.ask(`/v1/runs/small/events${query}`, { headers })).status).toBe(status)
})

it('no event is lost and none doubled for many readers, while the run goes on and the server is restarted', async () => {
  await server.ask('/v1/runs', { json: { name: 'live', config: longConfig() } })
  await server.until('live', 'running')
  const readers = Array.from({ length: 20 }, (_, i) => followEvents(() => server.url(), '/v1/runs/live/events', i * 3))
  await expect.poll(() => Math.min(...readers.map(({ last }) => last()))).toBeGreaterThan(60)
  const port = Number(server.port())
  await server.stop()
  await server.start({ port })
  const then = Math.max(...readers.map(({ last }) => last()))
  const ids = await firstIds('/v1/runs/live/events?after=latest', 3)
  expect(ids).toEqual([ids[0], ids[0]! + 1, ids[0]! + 2])
  expect(ids[0]).toBeGreaterThan(then)
  await expect.poll(() => Math.min(...readers.map(({ last }) => last()))).toBeGreaterThan(then + 20)
  await server.ask('/v1/runs/live/cancel', { json: { waitSeconds: 60 } })
  const facts = (await server.ask('/v1/runs/live/facts?limit=1000&kind=run-state')).json().items
  const end = facts.at(-1).seq
  await expect.poll(() => Math.min(...readers.map(({ last }) => last()))).toBe(end)
  for (const [i, { seqs, stop }] of readers.entries()) {
    await stop()
    expect(seqs).toEqual(seqsUpTo(end).slice(i * 3))
  }
})

/** The numbers of the first events that come. */
async function firstIds(path: string, count: number): Promise<number[]> {
  const stopping = new AbortController()
  const { body } = await fetch(`${server.url()}${path}`, { signal: stopping.signal })
  let text = ''
  for await (const piece of body!.pipeThrough(new TextDecoderStream())) {
    text += piece
    const ids = [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id))
    if (ids.length < count) continue
    stopping.abort()
    return ids.slice(0, count)
  }
  throw new Error(`the events ended: ${text}`)
}
