import { expect, it } from 'vitest'
import { finishedRun, trainedConfig } from '../fixtures/small-run.ts'
import { explain, renderExplanation } from './explain.ts'

// Everything real but the teacher: a student that is trained and scores.

it('EL2N of a real student, with a mask: promotions recomputable from the ledger, errors and masked clusters explained', async () => {
  const config = trainedConfig()
  const run = await finishedRun({
    ...config,
    feedback: { ...config.feedback, signal: 'el2n', verify: false },
    training: { ...config.training, mask: 'gap', maskThreshold: 0.5, maskWarmShare: 0.25, maskClusterShare: 0.5 },
  })
  const steps = new Map((await run.ledger.find('step')).map((step) => [step.step, step]))
  const errors = [...steps.values()].flatMap(({ exampleErrors }) => exampleErrors!)
  expect(errors.length).toBeGreaterThan(50)
  for (const error of errors) expect(error).toSatisfy((value: number) => value > 0 && value <= Math.SQRT2)
  const promoted = (await run.ledger.find('seed-event', { action: 'add' })).filter(({ origin }) => origin === 'machine')
  expect(promoted.length).toBeGreaterThan(0)
  for (const { signal, score, step } of promoted) {
    const { exampleErrors, masked } = steps.get(step!)!
    const counted = exampleErrors!.filter((_, row) => !masked![row])
    expect([signal, score]).toEqual(['el2n', expect.closeTo(counted.reduce((a, b) => a + b, 0) / counted.length, 9)])
  }
  const [batch] = (await run.ledger.find('batch')).filter(({ step }) => steps.get(step)!.masked!.includes(true))
  const { step, exampleIds, clusters } = batch!
  const row = steps.get(step)!.masked!.indexOf(true)
  const [stage] = await run.ledger.find('stage', { stage: 'train', round: batch!.round })
  const counted = stage!.summary.maskedClusters as readonly { cluster: number; rows: number; masked: number }[]
  const { rows, masked } = counted.find(({ cluster }) => cluster === clusters![row])!
  expect(renderExplanation(await explain(run.ledger, exampleIds[row]!))).toContain(
    `EL2N ${steps.get(step)!.exampleErrors![row]!.toFixed(2)}, left out by the mask, ${masked} of ${rows} rows of its cluster left out in that round`,
  )
  await run.close()
})

it('progress on probes of a real student falls as it learns, and promotes', async () => {
  const config = trainedConfig()
  const run = await finishedRun({ ...config, feedback: { ...config.feedback, signal: 'probe-progress', poolProbes: 8, verify: false } })
  const scores = await run.ledger.find('scores')
  expect(scores.map(({ round, measure, scorer }) => [round, measure, scorer])).toEqual([
    [1, 'probe-loss-before', 'embedded'],
    [1, 'probe-loss', 'embedded'],
    [2, 'probe-loss', 'embedded'],
  ])
  const means = scores.map(({ values }) => values.reduce((sum: number, value) => sum + value!, 0) / values.length)
  expect(means[1]!).toBeLessThan(means[0]!)
  expect(means[2]!).toBeLessThan(means[1]!)
  const promoted = (await run.ledger.find('seed-event', { action: 'add' })).filter(({ origin }) => origin === 'machine')
  expect(promoted.length).toBeGreaterThan(0)
  for (const { signal, score } of promoted) expect([signal, score! > 0]).toEqual(['probe-progress', true])
  await run.close()
})

// A student with random weights prefers other answers firmly: it is trusted with all of them.
it('the bandit goes by what a real student learned', async () => {
  const config = trainedConfig()
  const run = await finishedRun({
    ...config,
    rounds: 3,
    target: { calls: 12 },
    training: { ...config.training, stepsPerRound: undefined, epochsPerRound: 1 },
    seedPolicy: { ...config.seedPolicy, rule: 'bandit', trustGap: 10, protectHuman: 0 },
    feedback: { ...config.feedback, verify: false },
    evaluation: { ...config.evaluation, evaluators: [] },
  })
  const promoted = (await run.ledger.find('seed-event', { action: 'add' })).filter(({ origin }) => origin === 'machine')
  const weights = promoted.map(({ round, reason }) => [round, Number(/weight ([\d.]+)\); first gap \d/.exec(reason)![1])] as const)
  // Seeds promoted after the first round have children in the second, which are visited again in the third.
  expect(weights.filter(([, weight]) => weight > 0).map(([round]) => round)).toContain(3)
  expect(weights.filter(([round, weight]) => round < 3 && weight > 0)).toEqual([])
  await run.close()
})
