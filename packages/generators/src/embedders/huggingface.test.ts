import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type FakeProvider, startFakeProvider } from '@sedi/testing'
import { describeEmbedderContract } from '@sedi/testing/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type * as z from 'zod'
import huggingface from './huggingface.ts'

type Options = Omit<z.input<typeof huggingface.options>, 'model'>
const token = 'hf_one.two.three.four'
const create = (options: Options, { fetch }: { fetch?: typeof globalThis.fetch } = {}) =>
  huggingface.createEmbedder(huggingface.options.parse({ model: 'org/embedder', ...options }), {
    credentials: { token },
    timeoutMs: 20_000,
    ...(fetch === undefined ? {} : { fetch }),
  })

const folder = mkdtempSync(join(tmpdir(), 'sedi-hf-embedder-'))
let provider: FakeProvider
let server: Server
let origin: string
let seen: { url: string; body: unknown }[]
let respond: (response: ServerResponse, url: string) => void

beforeAll(async () => {
  provider = await startFakeProvider({ bookFile: join(folder, 'book.jsonl'), apiKey: token })
  server = createServer(async (request, response) => {
    const sent = await text(request)
    seen.push({ url: request.url!, body: sent === '' ? undefined : JSON.parse(sent) })
    respond(response, request.url!)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await provider.close()
  rmSync(folder, { recursive: true })
})

describeEmbedderContract({ name: 'huggingface, on an endpoint', create: () => create({ endpointUrl: `${new URL(provider.url).origin}/` }) })

const json =
  (value: unknown, status = 200) =>
  (response: ServerResponse): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  }

describe('huggingface embedder', () => {
  const ask = async (how: typeof respond, options: Options = { endpointUrl: origin }) => {
    seen = []
    respond = how
    const toLoopback: typeof fetch = (resource, init) => {
      const { host, pathname, search } = new URL(String(resource))
      return fetch(`${origin}/${host}${pathname}${search}`, init)
    }
    return (await create(options, options.endpointUrl === undefined ? { fetch: toLoopback } : {})).embed(['a', 'b'])
  }

  it('routed: the Hub is asked where the model is, then the texts go there', async () => {
    const inferenceProviderMapping = { 'hf-inference': { providerId: 'org/embedder', status: 'live', task: 'feature-extraction' } }
    const { embeddings, usage } = await ask(
      (response, url) =>
        json(
          url.startsWith('/huggingface.co')
            ? { inferenceProviderMapping }
            : [
                [3, 4],
                [0, 1],
              ],
        )(response),
      {},
    )
    expect(seen.map(({ url }) => url)).toEqual([
      '/huggingface.co/api/models/org/embedder?expand[]=inferenceProviderMapping',
      '/router.huggingface.co/hf-inference/models/org/embedder/pipeline/feature-extraction',
    ])
    expect(seen[1]!.body).toEqual({ inputs: ['a', 'b'] })
    expect(embeddings[0]).toEqual(Float32Array.from([0.6, 0.8]))
    expect(usage).toEqual({})
  })

  it('does not take whichever provider comes first', () => {
    expect(huggingface.options.safeParse({ model: 'm', inferenceProvider: 'auto' }).success).toBe(false)
  })

  it.each<[string, unknown, string]>([
    [
      'a vector per token',
      [
        [
          [1, 2],
          [3, 4],
        ],
        [[1, 2]],
      ],
      'does not pool',
    ],
    ['too few', [[1, 2]], '1 came'],
    ['an error', { error: 'Model is loading' }, 'object came'],
  ])('a 200 that is no vectors: %s', async (_, reply, words) => {
    const error = await ask(json(reply)).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'provider-response', retryable: true, details: { charged: 'uncertain' }, message: expect.stringContaining(words) })
  })

  it('a refusal, once, in the words of this key', async () => {
    const error = await ask(json({ error: 'no such model' }, 404)).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'not-found', details: { charged: 'none' }, message: expect.stringContaining('embedder.') })
    expect(seen).toHaveLength(1)
    expect(await ask(json({ error: 'busy' }, 503)).catch((thrown: unknown) => thrown)).toMatchObject({ code: 'provider-response', retryable: true })
    expect(seen).toHaveLength(1)
  })
})
