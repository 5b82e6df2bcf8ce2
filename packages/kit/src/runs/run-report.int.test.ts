import { wilsonInterval } from '@sedi/evaluation'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createGenerator } from '../adapters.ts'
import { finishedRun, smallConfig, trainedConfig } from '../fixtures/small-run.ts'
import { exportInstructions } from './export-instructions.ts'
import { createRun, type HeldRun } from './open-run.ts'
import { promotedSeeds, type RunReport, reportRun } from './run-report.ts'

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

describe('every figure is what the facts say', () => {
  let run: HeldRun
  let report: RunReport
  beforeAll(async () => {
    run = await finishedRun(trainedConfig())
    report = await reportRun(run.ledger)
  })
  afterAll(() => run.close())

  it('where the run is, and its digest', async () => {
    expect(report).toMatchObject({ run: run.runId, recipe: 'sedi', state: 'done', rounds: { done: 2, planned: 2 }, calls: 6, surplusCalls: 0 })
    expect(report.digest).toBe(await run.ledger.digest())
  })

  it('candidates: kept, rejected by reason, exported', async () => {
    const candidates = await run.ledger.find('candidate')
    const kept = candidates.filter(({ verdict }) => verdict === 'kept')
    expect([report.raw, report.kept]).toEqual([candidates.length, kept.length])
    for (const [reason, count] of Object.entries(report.rejected)) {
      expect([reason, count]).toEqual([reason, candidates.filter((candidate) => candidate.reason === reason).length])
    }
    expect(sum(Object.values(report.rejected))).toBe(report.raw - report.kept)
    const rows: object[] = []
    for await (const row of exportInstructions(run.ledger)) rows.push(row)
    expect(rows).toEqual(kept.map(({ id, instruction, input, output }) => ({ id, instruction, input, output })))
  })

  it('money: what the answers cost, and each kept instruction', async () => {
    const calls = await run.ledger.find('call')
    expect(report).toMatchObject({ uncertainAttempts: 0, uncertainUsd: 0 })
    expect(report.costUsd).toBeCloseTo(sum(calls.map(({ costNanoUsd }) => costNanoUsd!)) / 1e9, 12)
    expect(report.costUsd).toBeCloseTo((report.inputTokens * 0.25 + report.outputTokens * 2) / 1e6, 12)
    expect(report.costPerKeptUsd).toBeCloseTo(report.costUsd! / report.kept, 12)
  })

  it('training: steps, means over batches, promoted seeds', async () => {
    const batches = await run.ledger.find('batch')
    expect(report.steps).toBe((await run.ledger.find('step')).length)
    expect(report.batchDiversity).toBeCloseTo(sum(batches.map(({ diversity }) => diversity!)) / batches.length, 8)
    expect(report.conflictsPerBatch).toBeCloseTo(sum(batches.map(({ conflicts }) => conflicts)) / batches.length, 8)
    const masked = (await run.ledger.find('step')).flatMap((step) => step.masked!)
    expect(masked.length).toBeGreaterThan(0)
    expect(report.maskedShare).toBeCloseTo(masked.filter(Boolean).length / masked.length, 12)
    const promoted = await promotedSeeds(run.ledger)
    expect(promoted.every(({ action, origin }) => action === 'add' && origin === 'machine')).toBe(true)
    expect(report.seedsPromoted).toBe(promoted.length)
  })

  it('evaluations: the base model and each round', async () => {
    expect(report.evaluations.map(({ evaluator, round }) => [evaluator, round])).toEqual([0, 1, 2].map((round) => ['exact-match', round]))
    for (const { round, items, mean } of report.evaluations) {
      const values = (await run.ledger.find('eval', { round })).map(({ value }) => value)
      expect([items, mean]).toEqual([values.length, sum(values) / values.length])
    }
  })

  it('an evaluation: the mean, an interval where scores are 0 or 1, and a mean for each group', async () => {
    const [first, second, third] = (await run.ledger.find('held-out')).map(({ itemId, group }) => ({ itemId, group })).slice(0, 3)
    const evaluation = async (round: number, values: readonly number[]) => {
      const items = [first!, second!, third!].map(({ itemId }, i) => ({ itemId, value: values[i]! }))
      await run.ledger.append(items.map((item) => ({ kind: 'eval', round, evaluator: 'by-hand', prediction: null, ...item })))
      return (await reportRun(run.ledger)).evaluations.find((one) => one.round === round)
    }
    const byGroup = { [first!.group]: 1, [second!.group]: 1, [third!.group]: 0 }
    expect(await evaluation(8, [1, 1, 0])).toEqual({ evaluator: 'by-hand', round: 8, items: 3, mean: 2 / 3, interval: wilsonInterval(2, 3), byGroup })
    expect(await evaluation(9, [0.5, 1, 0])).toMatchObject({ mean: 0.5, interval: null, byGroup: { [first!.group]: 0.5 } })
  })
})

it('says nothing where there is nothing: no price, no trainer', async () => {
  const run = await finishedRun(smallConfig({ generator: 'simulated' }))
  expect(await reportRun(run.ledger)).toMatchObject({ costUsd: null, costPerKeptUsd: null, batchDiversity: null, conflictsPerBatch: null, evaluations: [] })
  await run.close()
})

it('counts answers bought beyond a target of kept instructions as surplus: paid, not in the pool', async () => {
  const config = smallConfig({ target: { kept: 30 }, rounds: 1, limits: { concurrency: 8 } })
  const generator = { ...(await createGenerator(config)), preferredConcurrency: 16 }
  const run = await createRun(config, undefined, { adapters: { generator } })
  expect((await run.execute({ stop: new AbortController().signal })).state).toBe('done')
  const { calls, surplusCalls, raw } = await reportRun(run.ledger)
  const used = await run.ledger.find('yield')
  expect(surplusCalls).toBe(calls - used.length)
  expect(surplusCalls).toBeGreaterThan(0)
  expect(raw).toBe(sum(used.map((one) => one.raw)))
  await run.close()
})
