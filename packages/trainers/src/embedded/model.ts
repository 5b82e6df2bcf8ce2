import { statSync } from 'node:fs'
import { SediError, type SpecIssue, type TrainingSpec } from '@sedi/spec'
import * as z from 'zod'
import { readIfPresent, withStorage, writeFileAtomically } from '../storage.ts'
import { type AdamState, createAdamState } from './adam.ts'
import { initialiseParameters } from './initialise-parameters.ts'
import { assertWithinLimits, embeddedLimits } from './limits.ts'
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
const modelFormat = 'sedi-embedded-1'

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
  assertReadableSize(path)
  const bytes = readIfPresent(path)
  if (bytes === undefined) return undefined
  const { tensors, metadata, digest } = decodeSafetensors(bytes, path, ({ format = 'none' }) => {
    if (format === modelFormat) return
    throw new SediError('invalid-input', `${path} is not a model of the embedded trainer: expected format ${modelFormat}, got ${format}.`)
  })
  const { config, vocabulary } = readHeader(metadata, path)
  assertWithinLimits(config, path)
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
  return { model: { config, tokenizer: createTokenizer(vocabulary), parameters, adam }, metadata, digest }
}

/** What is larger is not ours, and not to be read into memory. */
function assertReadableSize(path: string): void {
  const bytes = withStorage(path, () => statSync(path, { throwIfNoEntry: false })?.size ?? 0)
  const { fileBytes } = embeddedLimits
  if (bytes <= fileBytes) return
  const sizes = [bytes, fileBytes].map((size) => `${Math.ceil(size / 2 ** 20)} MiB`)
  throw new SediError(
    'unsupported',
    `${path} has ${sizes[0]}; models of the embedded trainer have at most ${sizes[1]}. For larger models use the trainer "python".`,
  )
}

const count = z.int().min(1)
const headerSchema = z
  .object({ vocabularySize: count, contextTokens: count, width: count, layers: count, heads: count })
  .refine(({ width, heads }) => width % heads === 0, 'width is no multiple of heads')

function readHeader(metadata: Readonly<Record<string, string>>, path: string): { readonly config: ModelConfig; readonly vocabulary: readonly string[] } {
  try {
    return { config: headerSchema.parse(JSON.parse(metadata.config ?? '')), vocabulary: z.array(z.string()).parse(JSON.parse(metadata.vocabulary ?? '')) }
  } catch (error) {
    const what = error instanceof z.ZodError ? z.prettifyError(error) : String(error)
    throw new SediError('invalid-input', `${path} is not a whole model of the embedded trainer: its config or vocabulary cannot be read (${what}).`)
  }
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

/** Why a first job cannot begin from this base model; reads the file, a few megabytes. */
export function findBaseModelIssues(path: string, { maxLengthTokens }: Pick<TrainingSpec, 'maxLengthTokens'>): SpecIssue[] {
  try {
    const { contextTokens } = readModelOrThrow({ uri: path }).config
    if (maxLengthTokens <= contextTokens) return []
    return [{ path: 'maxLengthTokens', message: `is ${maxLengthTokens}, but the base model ${path} was made for ${contextTokens} tokens` }]
  } catch (error) {
    return [{ path: 'trainer.baseModel', message: (error as Error).message }]
  }
}

const firstMoment = 'adam.first'
const secondMoment = 'adam.second'
