import { basename } from 'node:path'
import { type RunConfig, redact } from '@sedi/spec'

/** Of adapters: what has to do with results and is nobody's secret. Addresses, headers, projects and accounts are left out. */
const publishedKeys = [
  'id',
  'preset',
  'model',
  'temperature',
  'topP',
  'maxOutputTokens',
  'price',
  'dimensions',
  'universe',
  'worldSeed',
  'threshold',
  'layers',
  'width',
  'heads',
]

/**
 * The settings behind a data set that may be read by everybody: named keys only, files by their last name, and whatever looks like a key taken out. The
 * fingerprint covers the rest.
 */
export function publishableSettings(config: RunConfig): Record<string, unknown> {
  const { recipe, seeds, prompt, target, filter, batches, training, feedback, seedPolicy, rounds, evaluation, randomSeed } = config
  const adapter = (options: object | undefined): object | undefined =>
    options && Object.fromEntries(Object.entries(options).filter(([key]) => publishedKeys.includes(key)))
  const settings = {
    ...{ recipe, seeds, generator: adapter(config.generator), verifier: adapter(config.verifier), embedder: adapter(config.embedder), prompt, target },
    filter: { ...filter, ...(filter.semantic === undefined ? {} : { semantic: { ...filter.semantic, embedder: adapter(filter.semantic.embedder) } }) },
    ...{
      batches,
      trainer: adapter(config.trainer),
      training,
      feedback: { ...feedback, scorer: adapter(feedback.scorer) },
      seedPolicy,
      rounds,
      evaluation,
      randomSeed,
    },
  }
  return JSON.parse(JSON.stringify(settings), (_, value: unknown) => (typeof value === 'string' ? redact(withoutFolder(value)) : value))
}

const withoutFolder = (value: string): string =>
  /^(?:[a-z]:)?[\\/]|^\.{1,2}[\\/]|^[a-z]+:\/\//i.test(value) ? basename(value.split(/[?#]/)[0]!.replaceAll('\\', '/')) : value
