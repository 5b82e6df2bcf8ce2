import { readFileSync, writeFileSync } from 'node:fs'
import { mcNemar, wilsonInterval } from '@sedi/evaluation'
import type { RunConfig } from '@sedi/spec'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { finishedRun, smallConfig, trainedConfig } from '../../fixtures/small-run.ts'
import { createRun, type HeldRun } from '../open-run.ts'
import { compareRuns } from './compare-runs.ts'
import type { RunComparison } from './comparison.ts'
import { comparisonReport } from './comparison-report.ts'

const held: HeldRun[] = []
afterAll(async () => {
  for (const run of held) await run.close()
})

async function done(config: RunConfig): Promise<HeldRun> {
  const run = await finishedRun(config)
  held.push(run)
  return run
}

/** Buys and measures the base model only: cheap, and evaluated all the same. */
const cheapConfig = (change: Partial<RunConfig>): RunConfig => ({ ...trainedConfig(), rounds: 1, target: { calls: 1 }, ...change })

let first: HeldRun
let second: HeldRun
let comparison: RunComparison
beforeAll(async () => {
  first = await done({ ...trainedConfig(), filter: { ...trainedConfig().filter, threshold: 0.7 } })
  second = await done({ ...trainedConfig(), randomSeed: 2 })
  comparison = await compareRuns([first.ledger, second.ledger])
})

describe('every figure is what the facts of both runs say', () => {
  it('kept, and its Wilson interval', async () => {
    for (const [i, { ledger }] of [first, second].entries()) {
      const candidates = await ledger.find('candidate')
      const kept = candidates.filter(({ verdict }) => verdict === 'kept').length
      expect(comparison.runs[i]!.keptShare).toEqual({ share: kept / candidates.length, ...wilsonInterval(kept, candidates.length) })
    }
  })

  it('spending ends where the run ended', async () => {
    for (const [i, { ledger }] of [first, second].entries()) {
      const calls = await ledger.find('call')
      const { spending, report } = comparison.runs[i]!
      expect(spending[0]).toEqual({ calls: 0, costUsd: 0, kept: 0 })
      expect(spending).toHaveLength(calls.length + 1)
      expect(spending.at(-1)).toEqual({ calls: calls.length, costUsd: expect.closeTo(report.costUsd!, 12), kept: report.kept })
    }
  })

  it('scores of the last round, item by item', async () => {
    const [a, b] = [new Map<string, number>(), new Map<string, number>()]
    for (const { itemId, value } of await first.ledger.find('eval', { round: 2 })) a.set(itemId, value)
    for (const { itemId, value } of await second.ledger.find('eval', { round: 2 })) b.set(itemId, value)
    const differences = [...a].map(([id, value]) => b.get(id)! - value)
    const only = (sign: number): number => differences.filter((d) => d === sign).length
    const [evaluation] = comparison.evaluations
    expect(evaluation).toMatchObject({ evaluator: 'exact-match', items: a.size, unscored: [], higherIsBetter: true, isShare: true, replicates: null })
    expect(evaluation!.differences[0]).toMatchObject({
      from: 'A',
      to: 'B',
      difference: expect.closeTo(differences.reduce((sum, d) => sum + d, 0) / a.size, 12),
      mcNemar: mcNemar(only(1), only(-1)),
      p: mcNemar(only(1), only(-1)).exact,
    })
    expect(evaluation!.differences[0]!.byGroup.reduce((sum, { items }) => sum + items, 0)).toBe(a.size)
    expect(comparison.heldOut).toEqual({ items: a.size, groups: evaluation!.differences[0]!.byGroup.length })
  })

  it('says what is different, and how far it reaches', () => {
    expect(comparison.configuration).toEqual(
      expect.arrayContaining([
        { key: 'filter.threshold', values: [0.7, 0.85] },
        { key: 'randomSeed', values: [1, 2] },
      ]),
    )
    expect(comparison.quote).toMatch(/^On the same \d+ held-out items \(exact-match\) B sedi has /)
    expect(comparison.quote).toContain(
      'Each is one run with one random seed (A: 1, B: 2): this comparison cannot say which method is better beyond these two runs.',
    )
    expect(comparison.diversity?.datasets.map(({ name }) => name)).toEqual(['A', 'B'])
  })

  it('is the same when it is made again', async () => {
    expect(await compareRuns([first.ledger, second.ledger], { diversity: false })).toEqual({ ...comparison, diversity: null })
  })

  it('draws what it says', async () => {
    const { parts } = await comparisonReport(comparison)
    expect(parts[0]).toEqual({ kind: 'quote', text: comparison.quote })
    const plots = parts.filter((part) => part.kind === 'plot')
    expect(plots.map(({ name }) => name)).toEqual(['exact-match-rounds', 'exact-match-kinds', 'kept-by-cost'])
    for (const { svg } of plots) expect(svg).toMatch(/^<svg [\s\S]*(A sedi|B − A)[\s\S]*<\/svg>$/)
  })
})

describe('what makes no sense is refused, with the reason', () => {
  it('one run, or one run twice', async () => {
    await expect(compareRuns([first.ledger])).rejects.toThrow('expected at least two runs, got 1')
    await expect(compareRuns([first.ledger, first.ledger])).rejects.toThrow(`${first.runId} was named twice: expected different runs.`)
  })

  it('another test set, another wording, another reference', async () => {
    const change = async (edit: (items: Record<string, string>[]) => void): Promise<HeldRun> => {
      const config = cheapConfig({})
      const file = config.evaluation.heldOut!
      const items = JSON.parse(readFileSync(file, 'utf8'))
      edit(items)
      writeFileSync(file, JSON.stringify(items))
      return done({ ...config, trainer: { id: 'none' } })
    }
    const fewer = await change((items) => items.splice(0, 2))
    await expect(compareRuns([first.ledger, fewer.ledger])).rejects.toThrow(
      /have different test sets: 2 items are only in A \(\S+, …\) and 0 items are only in B, \d+ are in both/,
    )
    const reworded = await change((items) => {
      items[3]!.instruction = `Please: ${items[3]!.instruction}`
    })
    await expect(compareRuns([first.ledger, reworded.ledger])).rejects.toThrow(/ask differently: 1 of \d+ test items have another instruction/)
    const corrected = await change((items) => {
      items[0]!.output = 'something else'
    })
    await expect(compareRuns([first.ledger, corrected.ledger])).rejects.toThrow('have another reference')
  })

  it('a run that is not done, unless that is asked for', async () => {
    const open = await createRun(trainedConfig())
    held.push(open)
    const stop = new AbortController()
    await open.execute({
      stop: stop.signal,
      onProgress: ({ round, stage }) => {
        if (round === 2 && stage === 'train') stop.abort()
      },
    })
    await expect(compareRuns([first.ledger, open.ledger])).rejects.toThrow(/B \(\S+\) is not done: it is paused after 1 of 2 rounds\. .*--unfinished/)
    const { evaluations, quote, notes } = await compareRuns([first.ledger, open.ledger], { unfinished: true, diversity: false })
    expect(evaluations[0]!.means.map(({ round }) => round)).toEqual([1, 1])
    expect(quote).toContain('Not all of these runs are done')
    expect(notes).toContain('B is paused after 1 of 2 rounds.')
  })
})

it('runs without a student are compared by what they bought, and that is said', async () => {
  const [one, other] = [await done(smallConfig()), await done(smallConfig({ randomSeed: 2, filter: { threshold: 0.6 } }))]
  const { evaluations, heldOut, notes, quote } = await compareRuns([one.ledger, other.ledger], { diversity: false })
  expect([evaluations, heldOut]).toEqual([[], null])
  expect(notes).toContain('Accuracy is not compared: A and B have no evaluation.')
  expect(quote).toMatch(/^A sedi kept [\d,]+ of [\d,]+ written .* For each kept instruction B paid /)
})
