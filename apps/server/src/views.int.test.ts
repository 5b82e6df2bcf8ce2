import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createRun, openStore, parseConfig, reportRun, shadowBaseline } from '@sedi/kit'
import type { CandidateFact, Ledger } from '@sedi/spec'
import type { InstructionDetail, Lineage, Overview, Rows, Training, TrainingBatch } from '@sedi/spec/api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Json, smallConfig, testServer } from './fixtures/test-server.ts'

const server = testServer()
let ledger: Ledger
beforeAll(async () => {
  const trained = {
    ...smallConfig(),
    seeds: 'sedi:general',
    target: { calls: 8 },
    rounds: 2,
    batches: { size: 8 },
    trainer: { id: 'embedded', layers: 1, width: 16, heads: 2 },
    training: { stepsPerRound: 6, maxLength: 64 },
    feedback: { everySteps: 2 },
    evaluation: { evaluators: ['exact-match'], heldOut: 'seeds.jsonl' },
    store: server.store,
  }
  await finish('trained', trained)
  await finish('other', { ...trained, randomSeed: 2 })
  await (await createRun(configOf({ ...smallConfig(), store: server.store }), 'empty')).close()
  ledger = await openStore({ store: server.store }).read('trained')
  await server.start()
})
afterAll(() => ledger?.close())

const configOf = (config: object) => parseConfig(config as never, join(server.folder, 'data', 'sedi.config.yaml'))

async function finish(name: string, config: object): Promise<void> {
  const run = await createRun(configOf(config), name)
  const { state, error } = await run.execute({ stop: new AbortController().signal })
  await run.close()
  if (state !== 'done') throw error
}

async function get<T = Json>(path: string): Promise<T> {
  const reply = await server.ask(path)
  expect(reply.status, `${path}: ${reply.text.slice(0, 300)}`).toBe(200)
  return reply.json() as T
}

/** Asks until it is made. */
async function ready(path: string): Promise<Json> {
  for (let i = 0; i < 2000; i++) {
    const answer = await get(path)
    if (answer.state === 'ready' || answer.shadowState === 'ready') return answer
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`${path} is not ready after 200 s`)
}

describe('a run at a glance', () => {
  it('has the figures of the report, and in its rounds they add up to these', async () => {
    const overview = (await ready('/v1/runs/trained/overview')) as Overview
    const report = await reportRun(ledger, false)
    expect(overview).toMatchObject({
      ...{ run: 'trained', state: 'done', held: false, calls: report.calls, raw: report.raw, kept: report.kept, rejected: report.rejected },
      ...{ costUsd: report.costUsd, steps: 12, roundsDone: 2, roundsPlanned: 2, budgetUsd: null, timeLeftMs: null, ratePerMinute: null, complete: true },
      target: { calls: 8 },
    })
    expect(overview.rounds.map(({ round }) => round)).toEqual([1, 2])
    for (const name of ['calls', 'raw', 'kept', 'steps'] as const) expect(overview.rounds.reduce((sum, round) => sum + round[name], 0)).toBe(report[name])
    expect(overview.rounds.reduce((sum, { costUsd }) => sum + costUsd!, 0)).toBeCloseTo(report.costUsd!, 9)
    expect(overview.rounds.reduce((sum, { rejected }) => sum + (rejected.similar ?? 0), 0)).toBe(report.rejected.similar)
    expect(overview.rounds.reduce((sum, { seedsAdded }) => sum + seedsAdded, 0)).toBe(report.seedsPromoted)
    const last = overview.progress.at(-1)!
    expect(last).toMatchObject({ calls: report.calls, raw: report.raw, kept: report.kept })
    expect(last.costUsd).toBeCloseTo(report.costUsd!, 9)
    expect(overview.evals).toHaveLength(report.evaluations.length)
    const shadow = await shadowBaseline(ledger)
    expect(overview.shadow).toMatchObject({
      threshold: 0.7,
      kept: shadow.kept,
      costPerKeptUsd: shadow.costPerKeptUsd,
      asOfRaw: report.raw,
      keptThen: report.kept,
    })
  })

  it('has nothing to show of a run that has not begun, and says so', async () => {
    expect(await get('/v1/runs/empty/overview')).toMatchObject({
      state: 'created',
      raw: 0,
      rounds: [],
      progress: [],
      shadow: null,
      shadowState: 'off',
      complete: true,
    })
    expect(await get('/v1/runs/empty/rows')).toEqual({ total: 0, offset: 0, items: [], complete: true })
    expect(await get('/v1/runs/empty/training')).toMatchObject({ of: 0, steps: [], windows: [], feedback: false, trainer: 'none' })
    expect(await get('/v1/runs/empty/lineage')).toMatchObject({ of: 3, more: false, edges: [] })
    expect(await ready('/v1/runs/empty/map')).toMatchObject({ of: 0, points: [], problem: null })
    expect(await ready('/v1/runs/empty/thresholds')).toMatchObject({ raw: 0, problem: null })
  })
})

describe('rows', () => {
  const matching = async (filter: (candidate: CandidateFact) => boolean): Promise<string[]> =>
    (await ledger.find('candidate')).filter(filter).map(({ id }) => id)

  it.each<[string, (candidate: CandidateFact) => boolean]>([
    ['', () => true],
    ['verdict=kept&', ({ verdict }) => verdict === 'kept'],
    ['verdict=rejected&reason=similar&', ({ reason }) => reason === 'similar'],
    ['reason=unanswered&', ({ reason }) => reason === 'unanswered'],
    ['verdict=kept&reason=similar&', () => false],
    ['round=2&', ({ round }) => round === 2],
    ['round=1&verdict=rejected&', ({ round, verdict }) => round === 1 && verdict === 'rejected'],
    ['search=THE&', ({ instruction, input, output }) => `${instruction}\n${input}\n${output}`.toLowerCase().includes('the')],
    [
      'search=the&verdict=kept&round=2&',
      (one) => one.verdict === 'kept' && one.round === 2 && `${one.instruction}\n${one.input}\n${one.output}`.toLowerCase().includes('the'),
    ],
    ['search=%25_%5C&', ({ instruction }) => instruction.includes('%_\\')],
  ])('with “%s” are those, at every place', async (query, filter) => {
    const expected = await matching(filter)
    const whole = await get<Rows>(`/v1/runs/trained/rows?${query}limit=500`)
    expect(whole).toMatchObject({ total: expected.length, complete: true })
    expect(whole.items.map(({ id }) => id)).toEqual(expected.slice(0, 500))
    const middle = Math.floor(expected.length / 2)
    expect((await get<Rows>(`/v1/runs/trained/rows?${query}offset=${middle}&limit=3`)).items.map(({ id }) => id)).toEqual(expected.slice(middle, middle + 3))
    expect(await get(`/v1/runs/trained/rows?${query}offset=${expected.length + 5}`)).toMatchObject({ items: [], total: expected.length, complete: true })
  })

  it('of a search that is through are complete, also where fewer are asked for than were found', async () => {
    const { total } = await get<Rows>('/v1/runs/trained/rows?search=the&limit=500')
    expect(total).toBeGreaterThan(1)
    expect(await get('/v1/runs/trained/rows?search=the&limit=1')).toMatchObject({ total, complete: true })
  })

  it('say of each what a list shows', async () => {
    const { items } = await get<Rows>('/v1/runs/trained/rows?verdict=rejected&reason=similar&limit=1')
    const [fact] = await ledger.find('candidate', { reason: 'similar' })
    expect(items[0]).toMatchObject({ seq: fact!.seq, score: fact!.nearestScore, nearestId: fact!.nearestId, costUsd: fact!.costNanoUsd! / 1e9, cut: false })
    expect(items[0]!.score).toBeGreaterThan(0.85)
  })
})

describe('one instruction', () => {
  it('rejected: with the words it has in common with the nearest, marked in both', async () => {
    const [fact] = await ledger.find('candidate', { reason: 'similar' })
    const detail = await get<InstructionDetail>(`/v1/runs/trained/instruction/${fact!.id}`)
    expect(detail).toMatchObject({
      verdict: 'rejected',
      reason: 'similar',
      measure: 'rouge-l',
      threshold: 0.85,
      score: fact!.nearestScore,
      trainedIn: [],
      seed: [],
    })
    const wordsOf = (text: string, ranges: readonly (readonly [number, number])[]): string[] => ranges.map(([from, to]) => text.slice(from, to).toLowerCase())
    const { own, nearest } = detail.commonWords!
    expect(own.length).toBeGreaterThan(1)
    expect(wordsOf(detail.instruction, own)).toEqual(wordsOf(detail.nearest!.text, nearest))
    const count = (text: string): number => text.toLowerCase().match(/[a-z0-9]+/g)!.length
    expect((2 * own.length) / (count(detail.instruction) + count(detail.nearest!.text))).toBeCloseTo(fact!.nearestScore!, 9)
    expect(detail.parents.every(({ text }) => text !== '')).toBe(true)
  })

  it('promoted: with the batches it was in and the batch it was picked from', async () => {
    const [event] = await ledger.find('seed-event', { action: 'add', origin: 'machine' })
    const detail = await get<InstructionDetail>(`/v1/runs/trained/instruction/${event!.exampleId}`)
    expect(detail.seed[0]).toMatchObject({ addedRound: event!.round, step: event!.step, signal: event!.signal, score: event!.score })
    expect(detail.trainedIn.map(({ step }) => step)).toContain(event!.step)
    expect(detail.trainedTimes).toBe(detail.trainedIn.length)
    expect(detail.call.items).toBeGreaterThan(0)
  })

  it('unknown: a problem', async () => {
    expect((await server.ask('/v1/runs/trained/instruction/nobody')).status).toBe(404)
  })
})

describe('training, seeds, map, thresholds', () => {
  it('has every step, and windows whose most attractive batch is what feedback picked from', async () => {
    const training = await get<Training>('/v1/runs/trained/training')
    expect(training).toMatchObject({ of: 12, thinned: false, trainer: 'embedded', feedback: true, everySteps: 2, signal: { id: 'batch-grad-norm' } })
    expect(training.steps.map(({ step }) => step)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1))
    const facts = await ledger.find('step')
    expect(training.steps.map(({ gradNorm }) => gradNorm)).toEqual(facts.map(({ gradNorm }) => gradNorm))
    expect(training.windows.map(({ from, to }) => [from, to])).toEqual([1, 3, 5, 7, 9, 11].map((from) => [from, from + 1]))
    const picked = training.windows.flatMap((window) => window.picked.map(({ batch }) => [window.attractiveBatches, batch] as const))
    expect(picked.length).toBe((await reportRun(ledger, false)).seedsPromoted)
    for (const [attractive, batch] of picked) expect(attractive).toContain(batch)
    const thin = await get<Training>('/v1/runs/trained/training?points=10')
    expect(thin).toMatchObject({ of: 12, thinned: true, windows: training.windows })
  })

  it('follows a seed to where it came from', async () => {
    const all = await get<Lineage>('/v1/runs/trained/lineage')
    const promoted = all.seeds.filter(({ origin }) => origin === 'machine')
    expect(promoted.length).toBeGreaterThan(0)
    const [one] = promoted
    const [call] = await ledger.find('call', { callId: one!.fromInstruction!.slice(0, -4) })
    expect(one!.parents).toEqual(call!.seedIds)
    for (const from of new Set(call!.seedIds)) expect(all.edges).toContainEqual({ from, to: one!.seedId })
    const near = await get<Lineage>(`/v1/runs/trained/lineage?focus=${one!.seedId}&depth=1`)
    expect(near.seeds.map(({ seedId }) => seedId)).toEqual(expect.arrayContaining([one!.seedId, ...call!.seedIds]))
    expect(near.seeds.length).toBeLessThan(all.of)
    expect((await server.ask('/v1/runs/trained/lineage?focus=nobody')).status).toBe(404)
  })

  it('draws a map, the same each time', async () => {
    const map = await ready('/v1/runs/trained/map?points=50')
    expect(map).toMatchObject({ sampled: true, problem: null, progress: 1 })
    expect(map.points.length).toBeGreaterThan(40)
    expect(map.points.every(({ x, y }: Json) => Math.abs(x) <= 1 && Math.abs(y) <= 1)).toBe(true)
    expect(map.clusters.reduce((sum: number, { size }: Json) => sum + size, 0)).toBe(map.points.length)
    const again = await ready('/v1/runs/trained/map?points=51')
    expect(again.points).not.toEqual(map.points)
  })

  it('replays the filter: at the run’s own threshold what the run kept', async () => {
    const { thresholds, recorded, sampled, raw } = await ready('/v1/runs/trained/thresholds')
    const report = await reportRun(ledger, false)
    expect({ sampled, raw, recorded }).toEqual({ sampled: null, raw: report.raw, recorded: { threshold: 0.85, kept: report.kept } })
    expect(thresholds.map(({ threshold }: Json) => threshold)).toEqual([0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95])
    expect(thresholds[7]).toMatchObject({ kept: report.kept, costPerKeptUsd: report.costPerKeptUsd })
    const kept = thresholds.map((one: Json) => one.kept)
    expect(kept).toEqual(kept.toSorted((a: number, b: number) => a - b))
  })
})

describe('two runs side by side', () => {
  it('are compared as on the command line', async () => {
    const comparison = await get('/v1/compare?a=trained&b=other')
    expect(comparison.runs.map(({ label, report }: Json) => [label, report.run])).toEqual([
      ['A', 'trained'],
      ['B', 'other'],
    ])
    expect(comparison.evaluations[0].differences[0]).toMatchObject({ from: 'A', to: 'B', interval: { low: expect.any(Number) } })
    expect(comparison.quote).toContain('exact-match')
  })

  it.each([
    ['a=trained&b=trained', 409, 'named twice'],
    ['a=trained&b=empty', 400, 'not done'],
    ['a=trained&b=nobody', 404, 'no run'],
    ['a=trained', 400, 'query.b'],
    ['a=trained&b=../other', 400, 'query.b'],
  ])('%s: %i, with the reason', async (query, status, reason) => {
    const reply = await server.ask(`/v1/compare?${query}`)
    expect(reply.status).toBe(status)
    expect(JSON.stringify(reply.json())).toContain(reason)
  })
})

describe('a run that is looked at while it is written', () => {
  it('shows what is there, in order, and all of it in the end', async () => {
    const config = {
      ...smallConfig({ generator: { id: 'simulated', latencyMs: 20, price: { inputPerMTokUsd: 0.25, outputPerMTokUsd: 2 } } }),
      store: server.store,
    }
    const run = await createRun(configOf({ ...config, target: { calls: 10_000 }, limits: { concurrency: 1 } }), 'live')
    // It goes on until enough was seen of it.
    const stop = new AbortController()
    const done = run.execute({ stop: stop.signal })
    const seen: number[] = []
    const rates: (number | null)[] = []
    let last: Rows = { total: 0, offset: 0, items: [], complete: true }
    while (new Set(seen).size < 3 || !rates.some((rate) => rate !== null && rate > 0)) {
      const next = await get<Rows>('/v1/runs/live/rows?limit=500')
      expect(next.items.slice(0, last.items.length)).toEqual(last.items)
      expect(next.items.length).toBeLessThanOrEqual(next.total)
      seen.push(next.total)
      const overview = await get<Overview>('/v1/runs/live/overview')
      expect(overview.raw).toBeGreaterThanOrEqual(next.items.length)
      rates.push(overview.ratePerMinute)
      last = next
    }
    expect(seen).toEqual(seen.toSorted((a, b) => a - b))
    stop.abort()
    expect((await done).state).toBe('paused')
    const { kept, raw } = await run.ledger.totals()
    await run.close()
    // A machine that is slow to read says for a while that there is more.
    const overview = { kept, raw, complete: true, ratePerMinute: null, rounds: [{ round: 1, kept, raw }] }
    await expect.poll(() => get('/v1/runs/live/overview')).toMatchObject(overview)
    await expect.poll(() => get('/v1/runs/live/rows?verdict=kept')).toMatchObject({ total: kept, complete: true })
  })
})

describe('a run that is deleted while somebody looks at it', () => {
  it('is gone, and another of its name is another', async () => {
    cpSync(join(server.store, 'other'), join(server.store, 'moving'), { recursive: true })
    await expect.poll(async () => (await get<Rows>('/v1/runs/moving/rows?limit=1')).total).toBeGreaterThan(0)
    rmSync(join(server.store, 'moving'), { recursive: true })
    for (const view of ['overview', 'rows', 'training', 'lineage', 'map', 'thresholds', 'instruction/r01-c0000-i00', 'explain/r01-c0000-i00']) {
      expect((await server.ask(`/v1/runs/moving/${view}`)).status, view).toBe(404)
    }
    cpSync(join(server.store, 'empty'), join(server.store, 'moving'), { recursive: true })
    expect(await get('/v1/runs/moving/rows')).toMatchObject({ total: 0, items: [] })
  })
})

describe('a batch', () => {
  it('has its instructions in order, with what training told of each', async () => {
    for (const batch of await ledger.find('batch')) {
      const [told] = await ledger.find('step', { step: batch.step })
      const answer = await get<TrainingBatch>(`/v1/runs/trained/batches/${batch.step}`)
      const { step, round, epoch, composer, diversity, conflicts } = batch
      expect(answer).toMatchObject({ step, round, epoch, composer, diversity, conflicts, loss: told!.loss, gradNorm: told!.gradNorm })
      expect(answer.rows.map(({ id }) => id)).toEqual(batch.exampleIds)
      expect(answer.rows.map(({ loss }) => loss)).toEqual(told!.exampleLosses)
      for (const { id, text, round: written } of answer.rows) {
        const [candidate] = await ledger.find('candidate', { id })
        expect(candidate).toMatchObject({ instruction: expect.stringContaining(text), round: written })
        expect(text).not.toBe('')
      }
    }
  })

  it('says who was picked from it', async () => {
    const picked = await ledger.find('seed-event', { action: 'add', origin: 'machine' })
    expect(picked.length).toBeGreaterThan(0)
    for (const { step, exampleId } of picked) {
      const { rows } = await get<TrainingBatch>(`/v1/runs/trained/batches/${step}`)
      expect(rows.find(({ id }) => id === exampleId)).toMatchObject({ becameSeed: true })
    }
  })

  it('that is not there is a problem that says where to look', async () => {
    const reply = await server.ask('/v1/runs/trained/batches/999')
    expect(reply.status).toBe(404)
    expect(reply.json()).toMatchObject({ code: 'not-found', detail: expect.stringContaining('/training') })
    expect((await server.ask('/v1/runs/trained/batches/0')).status).toBe(400)
    expect((await server.ask('/v1/runs/empty/batches/1')).status).toBe(404)
  })
})
