import {
  type EmbedCallFact,
  type Embedder,
  type EmbeddingPrice,
  type GenerateRequest,
  type OutcomeFact,
  type RateLimits,
  SediError,
  toSediError,
} from '@sedi/spec'
import { chargedOf } from './attempt-facts.ts'
import type { BuyerOptions } from './buy-completion.ts'
import { withinLimits } from './deadline.ts'
import { sha256 } from './hashes.ts'
import { costOfAnswer, inputTokenBound, worstCaseCost } from './money.ts'
import { createReservations } from './reserve.ts'
import { longestRetryAfterMs, retryDelayMs, tooLongToWait } from './retry.ts'
import { sleep, stoppedError } from './sleep.ts'
import { encodeVectors } from './vectors.ts'

/** Texts to embed together, and the call's place in the run. */
export type PlannedEmbedCall = { readonly callId: string; readonly round: number; readonly texts: readonly string[] }

export type EmbeddingBuyerOptions = Pick<
  BuyerOptions,
  'ledger' | 'budget' | 'limiter' | 'maxAttempts' | 'deadlineMs' | 'clock' | 'jitter' | 'stop' | 'abort' | 'onNotice' | 'onEvent'
> & {
  readonly embedder: Embedder
  readonly price: EmbeddingPrice | undefined
}

export type EmbeddingBuyer = {
  /** One row per text, once they are recorded. Throws as `Buyer.buy` does. The call must be new: its attempts count from 1. */
  buy(call: PlannedEmbedCall): Promise<readonly Float32Array[]>
}

/** Told to slow down, a call may try so many times as often as otherwise. */
const limitedAttempts = 5

/**
 * What wraps an embedder that may charge: the same as around a generator. The worst case is reserved, which is the attempt's record, before
 * anything is sent; vectors and cost are recorded in one transaction; what may succeed later is tried again.
 */
export function createEmbeddingBuyer(options: EmbeddingBuyerOptions): EmbeddingBuyer {
  const { embedder, ledger, limiter, clock, onNotice = () => {}, onEvent = () => {} } = options
  const price = options.price === undefined ? undefined : { inputPerMTokUsd: options.price.inputPerMTokUsd, outputPerMTokUsd: 0 }
  const whyStopped = (): SediError | undefined => (options.stop.aborted ? stoppedError() : undefined)
  const reservations = createReservations(options.budget, whyStopped)

  async function buy(call: PlannedEmbedCall): Promise<readonly Float32Array[]> {
    const failures = { limited: 0, other: 0 }
    for (let number = 1; ; number++) {
      try {
        return await attempt(call, number)
      } catch (thrown) {
        const error = toSediError(thrown)
        failures[error.code === 'rate-limited' ? 'limited' : 'other']++
        await sleep(planRetry(call, number, error, failures), options.stop, whyStopped)
      }
    }
  }

  /** How long to wait before the next attempt; throws what ends the call. */
  function planRetry({ callId }: PlannedEmbedCall, number: number, error: SediError, { limited, other }: { limited: number; other: number }): number {
    const final = !error.retryable || other >= options.maxAttempts || limited >= limitedAttempts * options.maxAttempts
    if (final) throw error
    const delayMs = retryDelayMs(error, limited + other, options.jitter())
    if (delayMs > longestRetryAfterMs) throw tooLongToWait(error, delayMs, clock())
    if (error.code === 'rate-limited') limiter.blockUntil(clock() + delayMs)
    onEvent({
      level: 'warn',
      event: 'call.failed',
      call: callId,
      attempt: number,
      code: error.code,
      message: error.message,
      charged: chargedOf(error),
      retryInMs: Math.round(delayMs),
    })
    onNotice(`${callId}: ${error.message} Trying again in ${(delayMs / 1000).toFixed(1)} s.`)
    return delayMs
  }

  async function attempt(call: PlannedEmbedCall, number: number): Promise<readonly Float32Array[]> {
    const request = asRequest(call.texts)
    const bound = inputTokenBound(request)
    const permit = await limiter.acquire(bound, { signal: options.stop })
    let usedTokens: number | undefined
    try {
      const { callId, round } = call
      await reservations.reserve({
        ...{ kind: 'attempt', callId, attempt: number, round, recovery: 'lost', at: clock() },
        ...{ reservedNanoUsd: worstCaseCost(request, price), reservedInputTokens: bound, reservedOutputTokens: 0 },
      })
      const { rows, inputTokens } = await send(call, number, request)
      usedTokens = inputTokens
      return rows
    } finally {
      permit.release(usedTokens)
      reservations.changed()
    }
  }

  async function send(
    call: PlannedEmbedCall,
    attempt: number,
    request: GenerateRequest,
  ): Promise<{ rows: readonly Float32Array[]; inputTokens: number | undefined }> {
    const startedAt = clock()
    try {
      const { deadlineMs, abort } = options
      const { embeddings: rows, usage } = await withinLimits(
        (signal) => embedder.embed(call.texts, { signal, key: `${ledger.runId}/${call.callId}/${attempt}` }),
        {
          deadlineMs,
          abort,
        },
      )
      assertRows(rows, call.texts.length, embedder.provider)
      const at = clock()
      const latencyMs = Math.round(at - startedAt)
      const costNanoUsd = costOfAnswer(request, '', { ...usage, outputTokens: 0 }, price).nanoUsd
      const bought: EmbedCallFact = {
        kind: 'embed-call',
        callId: call.callId,
        round: call.round,
        provider: embedder.provider,
        modelId: embedder.modelId,
        textHashes: call.texts.map(sha256),
        dimensions: rows[0]!.length,
        vectors: encodeVectors(rows),
        usage,
        costNanoUsd,
        latencyMs,
        at,
      }
      await ledger.append([
        { ...outcomeOf(call, attempt, at, latencyMs), result: 'answered', charged: 'settled', costNanoUsd, errorCode: null, message: '' },
        bought,
      ])
      return { rows, inputTokens: usage.inputTokens }
    } catch (thrown) {
      const error = toSediError(thrown)
      if (error.code === 'storage' || error.code === 'conflict') throw error
      if (error.details.rateLimits !== undefined) limiter.report(error.details.rateLimits as RateLimits)
      const at = clock()
      const charged = chargedOf(error)
      const costNanoUsd = charged === 'none' ? 0 : worstCaseCost(request, price)
      const { code: errorCode, message } = error
      await ledger.append([{ ...outcomeOf(call, attempt, at, Math.round(at - startedAt)), result: 'failed', charged, costNanoUsd, errorCode, message }])
      throw error
    }
  }

  return { buy }
}

const outcomeOf = (
  { callId }: PlannedEmbedCall,
  attempt: number,
  at: number,
  latencyMs: number,
): Pick<OutcomeFact, 'kind' | 'callId' | 'attempt' | 'at' | 'latencyMs'> => ({
  ...{ kind: 'outcome', callId, attempt, at, latencyMs },
})

/** Texts as a request that answers nothing: so that tokens are bounded and money is counted by the same rules. */
const asRequest = (texts: readonly string[]): GenerateRequest => ({ messages: texts.map((content) => ({ role: 'user', content })), maxOutputTokens: 0 })

function assertRows(rows: readonly Float32Array[], count: number, provider: string): void {
  const dimensions = rows[0]?.length ?? 0
  if (rows.length === count && dimensions > 0 && rows.every((row) => row.length === dimensions)) return
  const message = `${provider}: expected ${count} vectors of one length, got ${rows.length}. They may have been charged.`
  throw new SediError('provider-response', message, { retryable: true, details: { charged: 'uncertain' } })
}
