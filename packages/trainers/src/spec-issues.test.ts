import { expect, test } from 'vitest'
import { copyExamples, copySpec } from './embedded/fixtures/copy-task.ts'
import { findSpecIssues as findIssues } from './spec-issues.ts'

const findSpecIssues = (spec: Parameters<typeof findIssues>[0]) => findIssues(spec, { trainer: 'embedded', contextTokens: 4096, masks: true, errors: true })

test('a good spec has no issues; 0-valued settings are good', () => {
  expect(findSpecIssues(copySpec(3))).toEqual([])
  const optimiser = { learningRate: 0, warmupSteps: 0, maxGradNorm: Infinity, weightDecay: 0 }
  expect(findSpecIssues(copySpec(3, { optimiser, randomSeed: 0 }))).toEqual([])
})

test('all problems are told at once, each with its path', () => {
  const examples = [...copyExamples(2, 1), { id: 'e0', prompt: '', completion: '' }]
  const issues = findSpecIssues({
    jobName: '../escape',
    examples,
    batches: [['e0', 'e1', 'e1'], [], ['e0', 'who']],
    batchSize: 2,
    firstStep: 0,
    optimiser: { learningRate: Number.NaN, warmupSteps: 0.5, maxGradNorm: 0, weightDecay: -1 },
    maxLengthTokens: 7,
    randomSeed: 0.5,
    continueFrom: { trainer: 'openai', uri: 'ft:1' },
  })
  expect(issues.map((issue) => issue.path)).toEqual([
    'jobName',
    'firstStep',
    'maxLengthTokens',
    'randomSeed',
    'optimiser.learningRate',
    'optimiser.weightDecay',
    'optimiser.warmupSteps',
    'optimiser.maxGradNorm',
    'continueFrom.trainer',
    'examples[2].id',
    'batches[0]',
    'batches[1]',
    'batches[2][1]',
  ])
  expect(issues.find((issue) => issue.path === 'batches[0]')?.message).toBe('expected at most batchSize = 2 examples, got 3')
})

test('a job without batches is refused', () => {
  expect(findSpecIssues(copySpec(3, { batches: [] }))).toEqual([{ path: 'batches', message: 'expected at least one batch, got none' }])
})
