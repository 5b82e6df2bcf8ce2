import { SediError } from '@sedi/spec'
import { readIfPresent, writeFileAtomically } from '../storage.ts'
import { type AdamState, createAdamState } from './adam.ts'
import { initialiseParameters } from './initialise-parameters.ts'
import { decodeSafetensors, encodeSafetensors, type NamedTensor } from './safetensors.ts'
import { type ModelConfig, parameterCount, tensorLayout } from './tensor-layout.ts'
import { createTokenizer, type Tokenizer } from './tokenizer.ts'

/** A model in memory, ready to be trained or asked. */
export type Model = {
  readonly config: ModelConfig
  readonly tokenizer: Tokenizer
  /** All weights, in the order of `tensorLayout`. (P,) */
  readonly parameters: Float32Array
  readonly adam: AdamState
}

export type ModelFile = { readonly model: Model; readonly metadata: Readonly<Record<string, string>>; readonly digest: string }

/** The `format` entry of a model file's metadata; a change of layout or of meaning changes it. */
export const modelFormat = 'sedi-embedded-1'

/** Shape of a model made from nothing. */
export type ArchitectureOptions = { readonly layers: number; readonly width: number; readonly heads: number }

/** A model with random weights for a vocabulary. */
export function createModel(architecture: ArchitectureOptions, vocabulary: readonly string[], contextTokens: number, randomSeed: number): Model {
  const tokenizer = createTokenizer(vocabulary)
  const { layers, width, heads } = architecture
  // Rows beyond the tokeniser's are never a target; they make the head a size the matrix kernels like.
  const config = { vocabularySize: Math.ceil(tokenizer.size / 16) * 16, contextTokens, width, layers, heads }
  return { config, tokenizer, parameters: initialiseParameters(config, randomSeed), adam: createAdamState(parameterCount(config)) }
}

/**
 * Writes a model as safetensors, atomically: its tensors by name, AdamW's two moments as flat vectors where it has them, and in the metadata the format, the
 * configuration, the vocabulary and the number of updates. Returns the digest of the tensors' bytes.
 */
export function writeModel(path: string, model: Model, metadata: Readonly<Record<string, string>>): string {
  const { config, parameters, adam } = model
  const tensors: NamedTensor[] = tensorLayout(config).map(({ name, shape, offset, length }) => {
    return { name, shape, values: parameters.subarray(offset, offset + length) }
  })
  if (adam.first.length > 0) {
    tensors.push({ name: firstMoment, shape: [parameters.length], values: adam.first }, { name: secondMoment, shape: [parameters.length], values: adam.second })
  }
  const { bytes, digest } = encodeSafetensors(tensors, {
    ...metadata,
    format: modelFormat,
    config: JSON.stringify(config),
    vocabulary: JSON.stringify(model.tokenizer.vocabulary),
    updates: String(adam.updates),
  })
  writeFileAtomically(path, bytes)
  return digest
}

/** Reads what `writeModel` wrote; moments may be missing and are then 0. `undefined` where there is no such file; throws `invalid-input` for a file that is no model of ours. */
export function readModel(path: string): ModelFile | undefined {
  const bytes = readIfPresent(path)
  if (bytes === undefined) return undefined
  const { tensors, metadata, digest } = decodeSafetensors(bytes, path)
  if (metadata.format !== modelFormat) {
    throw new SediError('invalid-input', `${path} is not a model of the embedded trainer: expected format ${modelFormat}, got ${metadata.format ?? 'none'}.`)
  }
  const config = JSON.parse(metadata.config ?? '') as ModelConfig
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor.values]))
  const tensor = (name: string, length: number): Float32Array => {
    const values = byName.get(name)
    if (values?.length !== length) throw new SediError('invalid-input', `${path}: expected ${length} values of ${name}, got ${values?.length ?? 'none'}.`)
    return values
  }
  const parameters = new Float32Array(parameterCount(config)) // (P,)
  for (const { name, offset, length } of tensorLayout(config)) parameters.set(tensor(name, length), offset)
  const adam = byName.has(firstMoment)
    ? { first: tensor(firstMoment, parameters.length), second: tensor(secondMoment, parameters.length), updates: Number(metadata.updates) }
    : createAdamState(parameters.length)
  const tokenizer = createTokenizer(JSON.parse(metadata.vocabulary ?? '') as string[])
  return { model: { config, tokenizer, parameters, adam }, metadata, digest }
}

/** The model of a reference, checked against the reference's digest where it has one. */
export function readModelOrThrow({ uri, digest }: { readonly uri: string; readonly digest?: string | undefined }): Model {
  const file = readModel(uri)
  if (file === undefined) throw new SediError('not-found', `There is no model at ${uri}.`)
  if (digest !== undefined && digest !== file.digest) {
    throw new SediError('conflict', `${uri} is not the model that was recorded: expected digest ${digest}, got ${file.digest}.`)
  }
  return file.model
}

const firstMoment = 'adam.first'
const secondMoment = 'adam.second'
