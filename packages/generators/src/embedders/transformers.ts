import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { type Embedder, SediError } from '@sedi/spec'
import * as z from 'zod'
import { defineEmbedder } from '../define-embedder.ts'
import { embedWithWords } from '../embeddings/embed-with-words.ts'
import { unitRows } from '../embeddings/unit-rows.ts'
import { loadPackage } from '../load-package.ts'

const provider = 'transformers'
const packageName = '@huggingface/transformers'
const range = '^4.3.1'

const options = z.strictObject({
  folder: z
    .string()
    .optional()
    .meta({ description: 'Folder with the model: `config.json`, `tokenizer.json`, `onnx/model.onnx`. Nothing is downloaded then.', path: true }),
  model: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'The model’s name on huggingface.co, instead of a folder. Taken from the cache unless `allowDownload` is set.' }),
  allowDownload: z.boolean().default(false).meta({ description: 'Whether a model that is not in the cache may be downloaded.', affects: 'speed' }),
  dtype: z.enum(['fp32', 'fp16', 'q8', 'q4']).default('fp32').meta({ description: 'Precision of the weights; which there are is the model’s affair.' }),
  pooling: z.enum(['mean', 'cls']).default('mean').meta({ description: 'How the vectors of a text’s tokens become one.' }),
  modulesFrom: z
    .string()
    .default('.')
    .meta({
      description: `Folder whose \`node_modules\`, or those of a folder above it, have ${packageName}. Default: the configuration’s.`,
      affects: 'speed',
      path: true,
      runs: true,
    }),
})

type Options = z.output<typeof options>

/**
 * Models of sentence-transformers in this process, through ONNX Runtime. The package takes some 470 MB, so it is yours to install, and no
 * peer of this one, because pnpm would then install it for everybody who works here. Texts are
 * embedded one at a time: in a batch, padding changes the last digits, and a vector would depend on its neighbours.
 */
export default defineEmbedder({
  id: provider,
  title: 'Sentence embeddings by a model in this process (ONNX); nothing is sent',
  options,
  credentials: [],
  dependencies: { [packageName]: range },
  createEmbedder,
})

// What we use of the package, by shape: it is too heavy to compile against.
type Tensor = { readonly dims: readonly number[]; readonly data: Float32Array }
type Extractor = (text: string, options: { readonly pooling: string; readonly normalize: boolean }) => Promise<Tensor>
type Transformers = {
  pipeline(task: 'feature-extraction', model: string, options: { readonly dtype: string; readonly local_files_only: boolean }): Promise<Extractor>
}

async function createEmbedder(chosen: Options): Promise<Embedder> {
  const { folder, model, allowDownload, modulesFrom, pooling } = chosen
  if ((folder === undefined) === (model === undefined)) {
    throw new SediError('invalid-config', `${provider}: expected embedder.folder or embedder.model, got ${folder === undefined ? 'neither' : 'both'}.`)
  }
  if (folder !== undefined && !existsSync(folder)) throw new SediError('not-found', `${provider}: there is no folder ${folder} (embedder.folder).`)
  const { pipeline } = (await loadPackage({
    name: packageName,
    folder: modulesFrom,
    adapter: provider,
    install: `${packageName}@${range}`,
  })) as unknown as Transformers
  const source = folder ?? model!
  // Loading takes seconds and memory: not before somebody asks.
  let extractor: Promise<Extractor> | undefined
  const load = () =>
    pipeline('feature-extraction', source, { dtype: chosen.dtype, local_files_only: folder !== undefined || !allowDownload }).catch((cause: Error) => {
      throw notLoaded(cause, source, chosen)
    })

  async function ask(texts: readonly string[], signal: AbortSignal | undefined) {
    extractor ??= load()
    const extract = await extractor
    const rows: Float32Array[] = []
    for (const text of texts) {
      if (signal?.aborted) throw aborted()
      const { dims, data } = await extract(text, { pooling, normalize: true })
      rows.push(Float32Array.from(data.subarray(0, dims.at(-1))))
    }
    return { embeddings: unitRows(rows, texts.length, provider), usage: {} }
  }

  return {
    specVersion: 1,
    provider,
    modelId: `${model ?? basename(source)}/${chosen.dtype}/${pooling}`,
    maxBatchSize: Number.POSITIVE_INFINITY,
    async embed(texts, { signal } = {}) {
      if (signal?.aborted) throw aborted()
      return embedWithWords(texts, provider, (wanted) => ask(wanted, signal))
    },
  }
}

const aborted = (): SediError => new SediError('aborted', `${provider}: the call was aborted`, { details: { charged: 'none' } })

function notLoaded(cause: Error, source: string, { folder, allowDownload }: Options): SediError {
  const advice =
    folder !== undefined
      ? 'The folder needs config.json, tokenizer.json, tokenizer_config.json and onnx/model.onnx.'
      : allowDownload
        ? 'Check embedder.model and the connection.'
        : 'It is not in the cache. Set embedder.allowDownload to true once, or embedder.folder to where it is.'
  return new SediError('not-found', `${provider}: the model ${source} cannot be loaded: ${cause.message.slice(0, 300)}\n${advice}`, { cause })
}
