import { type Embedder, type EmbeddingPrice, embedCallIdOf, type Ledger, type Limiter } from '@sedi/spec'
import type { RunAdapters, RunOptions } from '../run-context.ts'
import { createEmbeddingBuyer, type EmbeddingBuyerOptions } from './buy-embeddings.ts'
import { marginMs } from './deadline.ts'
import { sha256 } from './hashes.ts'
import type { Reservations } from './reserve.ts'
import { decodeVectors } from './vectors.ts'

/** Where a run's embedders stand in the configuration. */
export type EmbedderKey = 'embedder' | 'filter.semantic.embedder'

export type EmbeddingAccount = {
  /** The run's adapters, with the embedders that may charge held to account. */
  readonly adapters: RunAdapters
  /** From here on, calls belong to this round. */
  enterRound(round: number): void
}

const defaultTimeoutMs = 60_000

/**
 * Holds a run's bought embedders to account: what they are asked is reserved, recorded, settled and limited, and each text is bought once, over
 * the run's whole life. Embedders that are free stay as they are.
 */
export function accountForEmbedders(options: RunOptions, reservations: Reservations): EmbeddingAccount {
  const { adapters, config } = options
  const places = createPlaces(options.ledger)
  const account = (
    embedder: Embedder,
    key: EmbedderKey,
    settings: { readonly price?: EmbeddingPrice | undefined; readonly timeoutMs?: number | undefined },
  ): Embedder =>
    embedder.bought === true
      ? accountedEmbedder(
          {
            ...options,
            reservations,
            embedder,
            configKey: key,
            price: settings.price,
            limiter: limiterFor(key, options),
            maxAttempts: config.limits.maxAttempts,
            deadlineMs: (settings.timeoutMs ?? defaultTimeoutMs) + marginMs,
          },
          places,
        )
      : embedder
  return {
    adapters: { ...adapters, embedder: account(adapters.embedder, 'embedder', config.embedder), ...accountedFilter() },
    enterRound: places.enter,
  }

  function accountedFilter(): Pick<RunAdapters, 'semanticFilter'> {
    const { semanticFilter } = adapters
    if (semanticFilter?.embedder.bought !== true) return {}
    const embedder = account(semanticFilter.embedder, 'filter.semantic.embedder', config.filter.semantic?.embedder ?? {})
    const prepare = async (texts: readonly string[]): Promise<void> => {
      await embedder.embed(texts)
    }
    return { semanticFilter: { ...semanticFilter, embedder, prepare } }
  }
}

const limiterFor = (key: EmbedderKey, { limiterOf, limiter }: RunOptions): Limiter => limiterOf?.(key) ?? limiter

/** What calls for embeddings are called: `r03-e0007`, never a name that was used. */
type Places = { enter(round: number): void; next(): Promise<{ readonly callId: string; readonly round: number }> }

function createPlaces(ledger: Ledger): Places {
  // What is asked before the first round belongs to it.
  let round = 1
  const used = new Map<number, Promise<{ count: number }>>()

  async function countUsed(of: number): Promise<{ count: number }> {
    const prefix = embedCallIdOf(of, 0).replace(/\d+$/, '')
    const numbers = (await ledger.find('attempt', { round: of }))
      .filter(({ callId }) => callId.startsWith(prefix))
      .map(({ callId }) => Number(callId.slice(prefix.length)))
    return { count: numbers.reduce((most, number) => Math.max(most, number + 1), 0) }
  }

  return {
    enter(next) {
      round = next
    },
    async next() {
      const current = round
      const counter = used.get(current) ?? countUsed(current)
      used.set(current, counter)
      const known = await counter
      return { callId: embedCallIdOf(current, known.count++), round: current }
    },
  }
}

/** The embedder as the rest of the run sees it: free, because what it costs is accounted for. Memory: every row it has given. */
function accountedEmbedder(options: EmbeddingBuyerOptions, places: Places): Embedder {
  const { embedder, ledger } = options
  const { provider, modelId } = embedder
  const buyer = createEmbeddingBuyer(options)
  const rows = new Map<string, Promise<Float32Array>>()
  let recalled: Promise<void> | undefined

  async function recall(): Promise<void> {
    for await (const { textHashes, vectors, dimensions } of ledger.scan('embed-call', { provider, modelId })) {
      decodeVectors(vectors, dimensions).forEach((row, i) => {
        rows.set(textHashes[i]!, Promise.resolve(row))
      })
    }
  }

  /** Begins what is missing, all at once, so that nobody else begins it as well; who waits for a row sees its failure. */
  function begin(texts: readonly string[]): void {
    const missing = new Map(texts.map((text) => [sha256(text), text] as const).filter(([hash]) => !rows.has(hash)))
    for (const batch of split([...missing.values()], embedder)) {
      const purchase = places.next().then((place) => buyer.buy({ ...place, texts: batch }))
      batch.forEach((text, i) => {
        const hash = sha256(text)
        const row = purchase.then((bought) => bought[i]!)
        row.catch(() => rows.delete(hash))
        rows.set(hash, row)
      })
    }
  }

  return {
    ...embedder,
    bought: false,
    maxBatchSize: Number.POSITIVE_INFINITY,
    maxBatchTokens: undefined,
    async embed(texts) {
      recalled ??= recall()
      await recalled
      begin(texts)
      const settled = await Promise.allSettled(texts.map((text) => rows.get(sha256(text))!))
      const failed = settled.find((one) => one.status === 'rejected')
      if (failed !== undefined) throw failed.reason
      return { embeddings: settled.map((one) => (one as PromiseFulfilledResult<Float32Array>).value), usage: {} }
    },
  }
}

/** Calls as large as the embedder takes them; a token covers at least one byte. */
function split(texts: readonly string[], { maxBatchSize, maxBatchTokens = Number.POSITIVE_INFINITY }: Embedder): string[][] {
  const batches: string[][] = []
  let bytes = 0
  for (const text of texts) {
    const size = Buffer.byteLength(text)
    const last = batches.at(-1)
    if (last === undefined || last.length >= maxBatchSize || bytes + size > maxBatchTokens) {
      batches.push([text])
      bytes = size
    } else {
      last.push(text)
      bytes += size
    }
  }
  return batches
}
