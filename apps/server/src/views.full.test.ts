import { join } from 'node:path'
import { createRun, parseConfig } from '@sedi/kit'
import { type PostgresServer, startPostgres } from '@sedi/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Json, smallConfig, type TestServer, testServer } from './fixtures/test-server.ts'

// The same run in a folder and in PostgreSQL: pages show the same of it.

const inFolder = testServer()
const inPostgres = testServer()
let postgres: PostgresServer
beforeAll(async () => {
  postgres = await startPostgres()
  const address = `${postgres.url}?schema=views&files=${join(inPostgres.folder, 'files')}`
  await carryOut(inFolder, inFolder.store)
  await carryOut(inPostgres, address)
  await inFolder.start()
  await inPostgres.start({ store: address })
}, 600_000)
afterAll(async () => {
  await inPostgres.stop()
  await postgres.destroy()
})

async function carryOut({ folder }: TestServer, store: string): Promise<void> {
  const written = {
    ...smallConfig(),
    seeds: 'sedi:general',
    target: { calls: 8 },
    rounds: 2,
    batches: { size: 8 },
    trainer: { id: 'embedded', layers: 1, width: 16, heads: 2 },
    training: { stepsPerRound: 6, maxLength: 64 },
    feedback: { everySteps: 2 },
    evaluation: { evaluators: ['exact-match'], heldOut: 'seeds.jsonl' },
    store,
  }
  for (const randomSeed of [1, 2]) {
    const run = await createRun(parseConfig({ ...written, randomSeed } as never, join(folder, 'data', 'sedi.config.yaml')), `seed-${randomSeed}`)
    const { state, error } = await run.execute({ stop: new AbortController().signal })
    await run.close()
    if (state !== 'done') throw error
  }
}

/** What is of this recording and not of the run: times, numbers of facts, paths. */
const ownWords: ReadonlySet<string> = new Set(['seq', 'at', 'createdAt', 'run'])
const withoutOwn = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutOwn)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).flatMap(([key, inner]) => (ownWords.has(key) ? [] : [[key, withoutOwn(inner)]])))
}

async function whole(server: TestServer, path: string): Promise<Json> {
  for (let i = 0; i < 2000; i++) {
    const reply = await server.ask(path)
    expect(reply.status, reply.text).toBe(200)
    const answer = reply.json()
    if (answer.complete !== false && answer.state !== 'computing' && answer.shadowState !== 'computing') return answer
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`${path} is not complete after 200 s`)
}

it.each([
  'runs/seed-1/overview',
  'runs/seed-1/rows',
  'runs/seed-1/rows?verdict=rejected&reason=similar&offset=2&limit=5',
  'runs/seed-1/rows?round=2&verdict=kept',
  'runs/seed-1/rows?search=the',
  'runs/seed-1/instruction/r01-c0000-i00',
  'runs/seed-1/training',
  'runs/seed-1/lineage',
  'runs/seed-1/lineage?focus={seed}&depth=1',
  'runs/seed-1/map?points=60',
  'runs/seed-1/thresholds',
  'compare?a=seed-1&b=seed-2',
])('%s', async (named) => {
  const { seeds } = await whole(inFolder, '/v1/runs/seed-1/lineage')
  const path = named.replace('{seed}', seeds.at(-1).seedId)
  const [folder, database] = [await whole(inFolder, `/v1/${path}`), await whole(inPostgres, `/v1/${path}`)]
  expect(withoutOwn(database)).toEqual(withoutOwn(folder))
})

it('names a run that is not there', async () => {
  for (const path of ['runs/nobody/overview', 'runs/nobody/map', 'compare?a=seed-1&b=nobody'])
    expect((await inPostgres.ask(`/v1/${path}`)).status, path).toBe(404)
})
