import type { SpecIssue, TrainingSpec } from '@sedi/spec'

export type SpecLimits = {
  /** The trainer's id: a model to continue from must be its own. */
  readonly trainer: string
  /** Longest example it takes. */
  readonly contextTokens: number
  /** Whether it can leave rows out of the loss. */
  readonly masks: boolean
  /** Whether it can tell `exampleErrors`. */
  readonly errors: boolean
}

/** Everything about a spec that a trainer which keeps our batches cannot do. Cost: linear in examples and batches. */
export function findSpecIssues(spec: TrainingSpec, { trainer, contextTokens, masks, errors }: SpecLimits): SpecIssue[] {
  const issues: SpecIssue[] = []
  const expect = (met: boolean, path: string, message: string): void => {
    if (!met) issues.push({ path, message })
  }
  const { optimiser } = spec
  expect(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(spec.jobName), 'jobName', `expected letters, digits, ".", "_" or "-", got ${JSON.stringify(spec.jobName)}`)
  expect(isCount(spec.batchSize), 'batchSize', `expected a positive integer, got ${spec.batchSize}`)
  expect(isCount(spec.firstStep), 'firstStep', `expected a positive integer, got ${spec.firstStep}`)
  const lengthFits = isCount(spec.maxLengthTokens) && spec.maxLengthTokens >= 8 && spec.maxLengthTokens <= contextTokens
  expect(lengthFits, 'maxLengthTokens', `expected 8 to ${contextTokens} tokens, got ${spec.maxLengthTokens}`)
  expect(Number.isInteger(spec.randomSeed), 'randomSeed', `expected an integer, got ${spec.randomSeed}`)
  expect(isAtLeastZero(optimiser.learningRate), 'optimiser.learningRate', `expected 0 or more, got ${optimiser.learningRate}`)
  expect(isAtLeastZero(optimiser.weightDecay), 'optimiser.weightDecay', `expected 0 or more, got ${optimiser.weightDecay}`)
  const warmupFits = Number.isInteger(optimiser.warmupSteps) && optimiser.warmupSteps >= 0
  expect(warmupFits, 'optimiser.warmupSteps', `expected 0 or a positive integer, got ${optimiser.warmupSteps}`)
  expect(optimiser.maxGradNorm > 0, 'optimiser.maxGradNorm', `expected more than 0 (Infinity: no clipping), got ${optimiser.maxGradNorm}`)
  const from = spec.continueFrom
  expect(from === undefined || from.trainer === trainer, 'continueFrom.trainer', `expected a model of "${trainer}", got one of "${from?.trainer}"`)
  const { mask } = spec
  expect(mask === undefined || masks, 'mask', `the trainer "${trainer}" cannot leave rows out of the loss; set training.mask to none`)
  if (mask?.rule === 'gap') expect(mask.threshold > 0, 'mask.threshold', `expected more than 0, got ${mask.threshold}`)
  if (mask?.rule === 'trim') expect(mask.share > 0 && mask.share < 1, 'mask.share', `expected more than 0 and less than 1, got ${mask.share}`)
  const warmFits = mask === undefined || (Number.isInteger(mask.warmSteps) && mask.warmSteps >= 0)
  expect(warmFits, 'mask.warmSteps', `expected 0 or a positive integer, got ${mask?.warmSteps}`)
  const askedFor = spec.measures?.join(', ')
  expect(!askedFor || errors, 'measures', `the trainer "${trainer}" tells no ${askedFor} of rows; choose another feedback.signal`)
  return [...issues, ...findBatchIssues(spec)]
}

function findBatchIssues({ examples, batches, batchSize }: TrainingSpec): SpecIssue[] {
  const issues: SpecIssue[] = []
  const ids = new Set<string>()
  examples.forEach(({ id }, i) => {
    if (ids.has(id)) issues.push({ path: `examples[${i}].id`, message: `"${id}" is used by an earlier example` })
    ids.add(id)
  })
  if (batches.length === 0) issues.push({ path: 'batches', message: 'expected at least one batch, got none' })
  batches.forEach((batch, i) => {
    if (batch.length === 0) issues.push({ path: `batches[${i}]`, message: 'expected at least one example, got none' })
    if (batch.length > batchSize) issues.push({ path: `batches[${i}]`, message: `expected at most batchSize = ${batchSize} examples, got ${batch.length}` })
    batch.forEach((id, j) => {
      if (!ids.has(id)) issues.push({ path: `batches[${i}][${j}]`, message: `there is no example "${id}"` })
    })
  })
  return issues
}

const isCount = (value: number): boolean => Number.isInteger(value) && value >= 1
const isAtLeastZero = (value: number): boolean => Number.isFinite(value) && value >= 0
