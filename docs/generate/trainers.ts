import type { TrainerCapabilities } from '@sedi/spec'
import { type TrainerDefinition, trainers } from '@sedi/trainers'
import { code, table } from './markdown.ts'

/** What each capability means to a reader; a new one fails the types until it has words here. */
const words: Readonly<Record<keyof TrainerCapabilities, string>> = {
  fixedBatches: 'trains on exactly the batches that were composed, in their order',
  perStepLoss: 'tells the loss of every step',
  perStepGradNorm: 'tells the gradient norm of every step: the paper’s signal',
  perExampleLoss: 'tells the loss of every row',
  perExampleGap: 'tells the gap of every row (see the dictionary)',
  perExampleError: 'tells the error of every row, when asked',
  masks: 'can leave suspected label errors out of the loss',
  resume: 'goes on with a job whose process died',
  cancel: 'can end a job',
  serves: 'the trained model can be asked: evaluation, and signals that need a scorer',
}

/** The capabilities of every back end, as the code declares them. */
export function trainersPage(): string {
  const all = Object.values(trainers) as unknown as readonly TrainerDefinition[]
  const names = Object.keys(words) as (keyof TrainerCapabilities)[]
  const declared = all.filter(({ capabilitiesOf }) => capabilitiesOf !== undefined).map(({ id }) => code(id))
  return [
    '# What trainers can do',
    'Declared in code, read by the loop, and tested by one suite: what is declared is delivered, and nothing else. How to set each one up: [trainers](../trainers.md).',
    table(
      ['', ...all.map(({ id }) => code(id))],
      names.map((name) => [code(name), ...all.map(({ capabilities }) => (capabilities[name] ? 'yes' : '–'))]),
    ),
    `By default, that is; for ${declared.join(' and ')} the configuration says more.`,
    table(
      ['capability', 'it'],
      names.map((name) => [code(name), words[name]]),
    ),
    table(
      ['back end', 'what it is', 'keys', 'optional packages'],
      all.map(({ id, title, credentials = [], dependencies }) => [
        code(id),
        title,
        credentials.map(({ env }) => code(env)).join(', '),
        Object.entries(dependencies)
          .map(([name, range]) => code(`${name}@${range}`))
          .join(', '),
      ]),
    ),
  ]
    .join('\n\n')
    .concat('\n')
}
