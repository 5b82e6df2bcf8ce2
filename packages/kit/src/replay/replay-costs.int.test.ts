import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { reportHtml, reportMarkdown } from '@sedi/evaluation'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { filterFile } from '../files/filter-file.ts'
import { finishedRun, smallConfig } from '../fixtures/small-run.ts'
import type { HeldRun } from '../runs/open-run.ts'
import { type ReplayCosts, replayCosts } from './replay-costs.ts'
import { replayCostsReport, replayCostsTable, replayQuote } from './replay-costs-report.ts'
import { replayFilter } from './replay-filter.ts'
import { shadowBaseline } from './shadow-baseline.ts'

const folder = mkdtempSync(join(tmpdir(), 'sedi-replay-costs-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const thresholds = [0.6, 0.7, 0.85, 0.95]

const at = (costs: ReplayCosts, threshold: number) => costs.thresholds.find((one) => one.threshold === threshold)!

describe('a run whose tasks come with their answers', () => {
  let run: HeldRun
  let costs: ReplayCosts
  beforeAll(async () => {
    run = await finishedRun(smallConfig({ target: { calls: 12 } }))
    costs = await replayCosts({ ledger: run.ledger }, thresholds, { diversity: { repetitions: 3 } })
  })
  afterAll(() => run.close())

  it('keeps what replay-filter keeps, for the one bill of the run', async () => {
    const { thresholds: replayed } = await replayFilter({ ledger: run.ledger }, thresholds)
    expect(costs.thresholds.map(({ threshold, kept, similar }) => ({ threshold, kept, similar }))).toEqual(replayed)
    const totals = await run.ledger.totals()
    const usd = totals.settledNanoUsd / 1e9
    expect(costs.cost).toEqual({ usd, followUpUsd: 0 })
    for (const { kept, costPerKeptUsd, rejectedShare } of costs.thresholds) {
      expect(costPerKeptUsd).toBeCloseTo(usd / kept, 12)
      expect(rejectedShare).toBeCloseTo(1 - kept / totals.raw, 12)
    }
    expect(at(costs, 0.85).kept).toBe(totals.kept)
    expect(new Set(replayed.map(({ kept }) => kept)).size).toBe(thresholds.length)
  })

  it('every curve is counted at the same candidates and ends with the threshold’s own figures', async () => {
    const reached = (await run.ledger.find('candidate')).filter(({ verdict, reason }) => verdict === 'kept' || reason === 'similar')
    for (const { kept, curve } of costs.thresholds) {
      expect(curve.map(({ candidates }) => candidates)).toEqual(costs.thresholds[0]!.curve.map(({ candidates }) => candidates))
      expect(curve.at(-1)).toEqual({ candidates: reached.length, kept, rejectedShare: 1 - kept / reached.length })
    }
    const own = at(costs, 0.85).curve
    expect(own.length).toBeGreaterThan(30)
    for (const { candidates, kept } of own) expect(reached.slice(0, candidates).filter(({ verdict }) => verdict === 'kept')).toHaveLength(kept)
  })

  it('measures equally many texts of each, and says how many', () => {
    expect(costs.diversity).toEqual({ size: Math.floor(at(costs, 0.6).kept / 2), repetitions: 3, randomSeed: 1 })
    const vendi = costs.thresholds.map(({ diversity }) => diversity!.vendi.mean)
    expect(vendi[0]).toBeGreaterThan(vendi.at(-1)!)
    const [head, ...rows] = replayCostsTable(costs)
    expect(head).toEqual(['ROUGE-L ≤', 'kept', 'rejected', 'similar', '$ per kept', 'against 0.7', 'vendi', 'nearestRougeL', 'verbNounPairs'])
    expect(rows.map(([first]) => first)).toEqual(['0.6', '0.7', '0.85 (the run’s)', '0.95'])
    expect(rows[1]![5]).toBe('0.0 %')
  })

  it('may be quoted with what it does not show; as a report it has a drawing for each claim', async () => {
    const [strict, relaxed] = [at(costs, 0.7), at(costs, 0.85)]
    const change = (relaxed.costPerKeptUsd! / strict.costPerKeptUsd! - 1) * 100
    const quote = replayQuote(costs, 'small')!
    expect(quote).toContain(`keeps ${strict.kept} (`)
    expect(quote).toContain(`keeps ${relaxed.kept} (`)
    expect(quote).toContain(`−${Math.abs(change).toFixed(1)} %`)
    expect(quote).toContain('a replay of the same answers at both thresholds, not two runs')
    expect(replayQuote({ ...costs, thresholds: [relaxed] }, 'small')).toBeUndefined()

    const report = await replayCostsReport(costs, 'small', { curves: [0.7, 0.85] })
    const { text, files } = reportMarkdown(report, 'p-')
    expect([...files.keys()]).toEqual(['p-cost.svg', 'p-variety.svg', 'p-rejected-by-candidates.svg', 'p-rejected-by-pool.svg'])
    expect(text).toContain(`| 0.85 (the run’s) | ${relaxed.kept} |`)
    expect(text).toContain('| candidates | 0.7: rejected (pool) | 0.85: rejected (pool) |')
    expect(reportHtml(report)).toContain('<svg')
  })

  it('the shadow baseline is the stream at 0.7; a run with that filter is its own', async () => {
    const { kept, rejectedShare, costPerKeptUsd } = at(costs, 0.7)
    const { raw } = await run.ledger.totals()
    expect(await shadowBaseline(run.ledger)).toEqual({
      threshold: 0.7,
      raw,
      candidates: costs.candidates,
      kept,
      rejectedShare,
      costPerKeptUsd,
      sameFilter: false,
    })
    const strict = await finishedRun(smallConfig({ recipe: 'alpaca' }))
    const totals = await strict.ledger.totals()
    expect(await shadowBaseline(strict.ledger)).toMatchObject({
      kept: totals.kept,
      costPerKeptUsd: totals.settledNanoUsd / 1e9 / totals.kept,
      sameFilter: true,
    })
    await strict.close()
  })
})

it('a semantic filter has no part in the shadow baseline', async () => {
  const run = await finishedRun(smallConfig({ filter: { threshold: 0.7, semantic: { embedder: 'word-parts', threshold: 0.5 } } }))
  const candidates = await run.ledger.find('candidate')
  const reached = candidates.filter(({ verdict, reason }) => verdict === 'kept' || reason?.startsWith('similar') === true)
  expect(candidates.some(({ reason }) => reason === 'similar-meaning')).toBe(true)
  const write = (name: string, texts: readonly { readonly instruction: string }[]): string => {
    const path = join(folder, name)
    writeFileSync(path, texts.map(({ instruction }) => JSON.stringify({ instruction })).join('\n'))
    return path
  }
  const seeds = await run.ledger.find('seed-event', { action: 'add', origin: 'human' })
  const alone = await filterFile(write('reached.jsonl', reached), { threshold: 0.7, against: write('seeds.jsonl', seeds) })
  expect(await shadowBaseline(run.ledger)).toMatchObject({ kept: alone.kept, sameFilter: false })
  await run.close()
})

it('where answers are bought later: exact at the run’s own threshold, and what a stricter one would not have asked is not in its bill', async () => {
  const generator = { id: 'simulated', teacher: { malformed: 0.3 }, price: { inputPerMTokUsd: 0.25, outputPerMTokUsd: 2 } }
  const prompt = { strategy: 'instruction-first', tasksPerCall: 10, answersPerCall: 4 }
  const run = await finishedRun(smallConfig({ generator, prompt, target: { calls: 12 } }))
  const costs = await replayCosts({ ledger: run.ledger }, [0.7, 0.85])
  const totals = await run.ledger.totals()
  const followUps = (await run.ledger.find('call')).filter(({ parentId }) => parentId !== null)
  const followUpUsd = followUps.reduce((sum, { costNanoUsd }) => sum + costNanoUsd!, 0) / 1e9
  expect(followUpUsd).toBeGreaterThan(0)
  expect(costs.cost).toEqual({ usd: totals.settledNanoUsd / 1e9, followUpUsd: expect.closeTo(followUpUsd, 12) })
  const [strict, own] = costs.thresholds
  expect(own).toMatchObject({ kept: totals.kept, costUsd: expect.closeTo(costs.cost!.usd, 12) })
  expect(own!.unanswered).toBe(totals.rejected.unanswered)
  expect(own!.unanswered).toBeGreaterThan(5)
  expect(strict!.kept).toBeLessThan(own!.kept)
  const admitted = (one: typeof own): number => one!.kept + (one!.unanswered ?? 0)
  expect(strict!.costUsd).toBeCloseTo(costs.cost!.usd - followUpUsd * (1 - admitted(strict) / admitted(own)), 12)
  await run.close()
})

it('a file: its cost can be told; without it there are no dollars, and a run’s cannot be told', async () => {
  const file = join(folder, 'texts.jsonl')
  writeFileSync(
    file,
    ['Name a long river of Spain.', 'Name a long river of Spain!', 'Sort these words.'].map((instruction) => JSON.stringify({ instruction })).join('\n'),
  )
  expect((await replayCosts({ file }, [0.7])).thresholds[0]).toMatchObject({ kept: 2, costUsd: null, costPerKeptUsd: null, diversity: null })
  expect((await replayCosts({ file }, [0.7], { costUsd: 3, diversity: true })).thresholds[0]).toMatchObject({ kept: 2, costPerKeptUsd: 1.5, diversity: null })
  const unpriced = await replayCosts({ file }, [0.7, 0.95])
  expect(replayCostsTable(unpriced)).toEqual([
    ['ROUGE-L ≤', 'kept', 'rejected', 'similar', 'against 0.7'],
    ['0.7', '2', '33.3 %', '1', '0.0 %'],
    ['0.95', '2', '33.3 %', '1', '0.0 %'],
  ])
  const empty = join(folder, 'empty.jsonl')
  writeFileSync(empty, '')
  expect((await replayCosts({ file: empty }, [0.7], { costUsd: 3 })).thresholds[0]).toMatchObject({
    kept: 0,
    rejectedShare: null,
    costPerKeptUsd: null,
    curve: [],
  })
  const run = await finishedRun(smallConfig({ target: { calls: 1 }, rounds: 1 }))
  await expect(replayCosts({ ledger: run.ledger }, [0.7], { costUsd: 3 })).rejects.toMatchObject({ code: 'invalid-config' })
  await run.close()
})
