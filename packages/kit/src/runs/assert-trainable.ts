import { maskOf } from '@sedi/pipeline'
import { type RunConfig, roundNameOf, SediError, type Trainer } from '@sedi/spec'

/**
 * Asks the trainer about a job of one row, set up as this run's will be, so that what it cannot do shows before anything is bought. Throws
 * `unsupported` with everything it says.
 */
export function assertTrainable(trainer: Trainer | undefined, { training, batches, rounds, randomSeed }: RunConfig): void {
  if (trainer === undefined) return
  const { learningRate, warmupSteps, maxGradNorm, weightDecay, maxLength } = training
  const issues = trainer.validate({
    jobName: roundNameOf(1),
    examples: [{ id: 'row', prompt: 'Say yes.', completion: 'Yes.' }],
    batches: [['row']],
    batchSize: batches.size,
    firstStep: 1,
    optimiser: { learningRate, warmupSteps, maxGradNorm, weightDecay },
    maxLengthTokens: maxLength,
    randomSeed,
    mask: maskOf(1, [{ step: 1 }], { training, rounds }, trainer.capabilities),
  })
  if (issues.length === 0) return
  const told = issues.map(({ path, message }) => `  ${path === 'maxLengthTokens' ? 'training.maxLength' : path}: ${message}`)
  throw new SediError('unsupported', `The trainer “${trainer.id}” cannot train this run:\n${told.join('\n')}`)
}
