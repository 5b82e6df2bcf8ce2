import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { openStore } from '@sedi/kit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { longConfig, seeds, smallConfig, testServer } from './fixtures/test-server.ts'

const server = testServer()
beforeAll(async () => {
  await server.start()
  expect((await server.ask('/v1/runs', { json: { name: 'small', config: smallConfig() } })).status).toBe(201)
  await server.until('small', 'done')
})
afterAll(() => server.stop())

describe('a run from its beginning to its end', () => {
  it('is what the command line makes of the same configuration: the same digest, read by the same store', async () => {
    await expect.poll(async () => (await server.ask('/v1/runs/small')).json().held).toBe(false) // its process lets go of it a moment after
    const detail = (await server.ask('/v1/runs/small')).json()
    expect(detail).toMatchObject({
      run: 'small',
      state: 'done',
      calls: 4,
      held: false,
      failure: null,
      config: { seeds: join(server.folder, 'data/seeds.jsonl') },
    })
    const ledger = await openStore({ store: server.store }).read('small')
    expect(detail.digest).toBe(await ledger.digest())
    await ledger.close()
    expect((await server.ask('/v1/runs')).json().runs).toEqual([expect.objectContaining({ runId: 'small', state: 'done' })])
    expect((await server.ask('/v1/runs/small/cost')).json()).toMatchObject({ costUsd: detail.costUsd, kept: detail.kept, budgetUsd: null })
  })

  it('exports what it kept', async () => {
    const { text, headers } = await server.ask('/v1/runs/small/export')
    expect(headers['content-type']).toMatch(/^application\/x-ndjson/)
    const rows = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(rows).toHaveLength((await server.ask('/v1/runs/small')).json().kept)
    expect(Object.keys(rows[0])).toEqual(['id', 'instruction', 'input', 'output'])
  })

  it('explains an instruction, a call and a seed, and knows what it does not know', async () => {
    const [item] = (await server.ask('/v1/runs/small/instructions?limit=1')).json().items
    expect((await server.ask(`/v1/runs/small/explain/${item.id}`)).json()).toMatchObject({
      kind: 'instruction',
      candidate: { id: item.id },
      call: { callId: item.callId },
    })
    expect((await server.ask(`/v1/runs/small/explain/${item.callId}`)).json().kind).toBe('call')
    expect((await server.ask('/v1/runs/small/explain/seed-001')).json().kind).toBe('seed')
    expect((await server.ask('/v1/runs/small/explain/nobody')).status).toBe(404)
  })

  it('can begin with seeds and a test set that are sent along, and later', async () => {
    const created = await server.ask('/v1/runs', {
      json: { name: 'sent', config: { ...smallConfig(), seeds: undefined }, seeds, heldOut: seeds.slice(0, 2), start: false },
    })
    expect([created.status, created.headers.location, created.json().state]).toEqual([201, '/v1/runs/sent', 'created'])
    const held = (await server.ask('/v1/runs/sent/facts?kind=held-out')).json().items
    expect(held.map(({ instruction, reference }: Record<string, string>) => [instruction, reference])).toEqual(
      seeds.slice(0, 2).map((seed) => [seed.instruction, seed.output]),
    )
    expect((await server.ask('/v1/runs/sent/resume', { json: {} })).status).toBe(202)
    expect(await server.until('sent', 'done')).toMatchObject({ calls: 4, digest: expect.any(String) })
  })

  it('plans without creating anything', async () => {
    const before = (await server.ask('/v1/runs')).json().runs.length
    const plan = (await server.ask('/v1/config/plan', { json: { config: smallConfig() } })).json()
    expect(plan).toMatchObject({ seeds: 3, estimate: expect.any(Object), config: { filter: { threshold: 0.85 } } })
    expect(plan.config).not.toHaveProperty('store')
    expect((await server.ask('/v1/runs')).json().runs).toHaveLength(before)
  })

  it('plans with tasks that are sent along, and keeps no file of them', async () => {
    const files = (): string[] => readdirSync(join(server.store, '.server'), { recursive: true, encoding: 'utf8' }).sort()
    mkdirSync(join(server.store, '.server'), { recursive: true })
    const before = files()
    const sent = { seeds: [...seeds, { ...seeds[0], instruction: 'Name the longest river of Portugal.' }], heldOut: seeds.slice(1) }
    const plan = await server.ask('/v1/config/plan', { json: { config: smallConfig({ seeds: undefined }), ...sent } })
    expect([plan.status, plan.json()]).toEqual([200, expect.objectContaining({ seeds: 4, testItems: 2 })])
    expect([plan.json().config.seeds, plan.json().config.evaluation.heldOut]).toEqual([undefined, undefined])
    const broken = await server.ask('/v1/config/plan', { json: { config: smallConfig({ rounds: 0 }), ...sent } })
    expect(broken.status).toBe(400)
    expect(files()).toEqual(before)
  })
})

describe('pages of facts', () => {
  it('come in order, each once, over all pages; later ones with the same cursor', async () => {
    const seqs: number[] = []
    let after = 0
    for (let more = true; more; ) {
      const page = (await server.ask(`/v1/runs/small/facts?limit=37&after=${after}`)).json()
      seqs.push(...page.items.map(({ seq }: { seq: number }) => seq))
      ;({ last: after, more } = page as { last: number; more: boolean })
    }
    expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, i) => i + 1))
    expect((await server.ask(`/v1/runs/small/facts?after=${after}`)).json()).toEqual({ items: [], last: after, more: false })
  })

  it('are filtered as asked', async () => {
    const all = (await server.ask('/v1/runs/small/instructions?limit=1000')).json().items
    const rejected = (await server.ask('/v1/runs/small/instructions?limit=1000&verdict=rejected&reason=similar')).json().items
    expect(rejected).toEqual(all.filter(({ reason }: { reason: string }) => reason === 'similar'))
    const word = 'WEATHER'
    const found = (await server.ask(`/v1/runs/small/instructions?limit=1000&search=${word}`)).json().items
    expect(found.length).toBeGreaterThan(0)
    expect(found).toEqual(all.filter((one: Record<string, string>) => `${one.instruction}\n${one.input}\n${one.output}`.toUpperCase().includes(word)))
    expect((await server.ask('/v1/runs/small/seeds?origin=human')).json().items).toHaveLength(3)
    expect((await server.ask('/v1/runs/small/calls?round=2')).json().items).toEqual([])
  })
})

describe('steering', () => {
  it('pauses, keeps on while the server is away, resumes and cancels', async () => {
    const run = '/v1/runs/long'
    await server.ask('/v1/runs', { json: { name: 'long', config: longConfig() } })
    await server.until('long', 'running')
    const paused = await server.ask(`${run}/pause`, { json: { waitSeconds: 60 } })
    expect([paused.status, paused.json()]).toEqual([200, expect.objectContaining({ confirmed: true, state: 'paused' })])
    const { calls } = (await server.ask(run)).json()

    const [first, second] = await Promise.all([server.ask(`${run}/resume`, { json: { concurrency: 3 } }), server.ask(`${run}/resume`, { json: {} })])
    expect([first.status, second.status].sort()).toEqual([202, 409])
    expect((await server.ask(`${run}/resume`, { json: {} })).json()).toMatchObject({ status: 409, code: 'conflict' })

    await server.stop()
    await server.start()
    await expect.poll(async () => (await server.ask(run)).json().calls, { timeout: 120_000 }).toBeGreaterThan(calls)
    expect((await server.ask(run)).json()).toMatchObject({ state: 'running', held: true })
    expect((await server.ask(`${run}/facts?kind=config-change`)).json().items).toHaveLength(first.status === 202 ? 1 : 0)

    const cancelled = await server.ask(`${run}/cancel`, { json: { waitSeconds: 60 } })
    expect(cancelled.json()).toMatchObject({ confirmed: true, state: 'cancelled' })
    expect((await server.ask(`${run}/resume`, { json: {} })).json()).toMatchObject({ code: 'conflict', detail: expect.stringContaining('cancelled') })
    expect((await server.ask(`${run}/pause`, { json: {} })).json()).toMatchObject({ state: 'cancelled', confirmed: true })
  })

  it('a pause right after the beginning is not lost', async () => {
    await server.ask('/v1/runs', { json: { name: 'hasty', config: longConfig() } })
    expect((await server.ask('/v1/runs/hasty/pause', { json: { waitSeconds: 60 } })).json()).toMatchObject({ confirmed: true, state: 'paused' })
    expect((await server.ask('/v1/runs/hasty/cancel', { json: {} })).json().state).toBe('cancelled')
  })
})

describe('what cannot be created leaves nothing behind', () => {
  it.each([
    ['an unknown key', { ...smallConfig(), filterr: {} }, 400, 'invalid-config', 'filterr'],
    ['a seeds file that is not there', { ...smallConfig(), seeds: 'nope.jsonl' }, 404, 'not-found', 'nope.jsonl'],
    ['a missing key of a provider', { ...smallConfig(), generator: { id: 'openai', model: 'gpt-5' } }, 400, 'missing-credential', 'OPENAI_API_KEY'],
  ])('%s', async (_, config, status, code, says) => {
    const before = process.env.OPENAI_API_KEY
    delete process.env.OPENAI_API_KEY
    const refused = await server.ask('/v1/runs', { json: { name: 'never', config } })
    if (before !== undefined) process.env.OPENAI_API_KEY = before
    expect([refused.status, refused.json().code]).toEqual([status, code])
    expect(refused.text).toContain(says)
    expect(existsSync(join(server.store, 'never'))).toBe(false)
  })

  it('a name that is taken', async () => {
    const facts = readFileSync(join(server.store, 'small/ledger.db-mark'), 'utf8')
    expect((await server.ask('/v1/runs', { json: { name: 'small', config: smallConfig() } })).json()).toMatchObject({ status: 409, code: 'conflict' })
    expect(readFileSync(join(server.store, 'small/ledger.db-mark'), 'utf8')).toBe(facts)
    expect(existsSync(join(server.store, 'small-2'))).toBe(false)
  })
})

it('a run whose folder is deleted is gone, also for who has it open; another of its name is another', async () => {
  cpSync(join(server.store, 'small'), join(server.store, 'copy'), { recursive: true })
  expect((await server.ask('/v1/runs/copy/facts?limit=1')).status).toBe(200)
  rmSync(join(server.store, 'copy'), { recursive: true })
  for (const path of ['', '/facts', '/events', '/cost', '/export', '/explain/seed-001'])
    expect([path, (await server.ask(`/v1/runs/copy${path}`)).status]).toEqual([path, 404])
  cpSync(join(server.store, 'sent'), join(server.store, 'copy'), { recursive: true })
  expect((await server.ask('/v1/runs/copy')).json().run).toBe('sent')
})
