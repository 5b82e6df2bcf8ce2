import {
  type AttemptFact,
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
import type { AttemptEnded } from './reserve.ts'
import { type Failures, isFinal, longestRetryAfterMs, retryDelayMs, tooLongToWait } from './retry.ts'
import { sleep, stoppedError } from './sleep.ts'
import { encodeVectors } from './vectors.ts'
import { attemptKey, runKeyOf } from './waiting-attempts.ts'

/** Texts to embed together, and the call's place in the run. */
export type PlannedEmbedCall = { readonly callId: string; readonly round: number; readonly texts: readonly string[] }

export type EmbeddingBuyerOptions = Pick<
  BuyerOptions,
  'ledger' | 'reservations' | 'limiter' | 'maxAttempts' | 'deadlineMs' | 'clock' | 'jitter' | 'stop' | 'abort' | 'onNotice' | 'onEvent'
> & {
  readonly embedder: Embedder
  /** Where it stands in the configuration. */
  readonly configKey: string
  readonly price: EmbeddingPrice | undefined
}

export type EmbeddingBuyer = {
  /** One row per text, once they are recorded. Throws as `Buyer.buy` does. The call must be new: its attempts count from 1. */
  buy(call: PlannedEmbedCall): Promise<readonly Float32Array[]>
}

/**
 * What wraps an embedder that may charge: the same as around a generator. The worst case is reserved, which is the attempt's record, before
 * anything is sent; vectors and cost are recorded in one transaction; what may succeed later is tried again. Without a breaker and a budget of
 * retries: there is a call for dozens of completions, and the round waits for each.
 */
export function createEmbeddingBuyer(options: EmbeddingBuyerOptions): EmbeddingBuyer {
  const { embedder, ledger, limiter, reservations, clock, onNotice = () => {}, onEvent = () => {} } = options
  const price = options.price === undefined ? undefined : { inputPerMTokUsd: options.price.inputPerMTokUsd, outputPerMTokUsd: 0 }
  const whyStopped = (): SediError | undefined => (options.stop.aborted ? stoppedError() : undefined)

  let runKey: Promise<string> | undefined

  async function buy(call: PlannedEmbedCall): Promise<readonly Float32Array[]> {
    runKey ??= runKeyOf(ledger)
    await runKey
    const failures = { limited: 0, other: 0 }
    for (let number = 1; ; number++) {
      const tried = { sent: false }
      try {
        return await attempt(call, number, tried)
      } catch (thrown) {
        const error = toSediError(thrown)
        failures[error.code === 'rate-limited' ? 'limited' : 'other']++
        await sleep(planRetry(call, number, error, failures, tried), options.stop, whyStopped)
      }
    }
  }

  /** How long to wait before the next attempt; throws what ends the call. */
  function planRetry({ callId: call }: PlannedEmbedCall, attempt: number, error: SediError, failures: Failures, { sent }: { readonly sent: boolean }): number {
    const delayMs = retryDelayMs(error, failures.limited + failures.other, options.jitter())
    const tooLong = delayMs > longestRetryAfterMs ? tooLongToWait(error, delayMs, clock()) : undefined
    const ends = isFinal(error, failures, options.maxAttempts) ? error : tooLong
    const { code, message } = error
    const retryInMs = ends === undefined ? Math.round(delayMs) : null
    if (sent && code !== 'aborted') onEvent({ level: 'warn', event: 'call.failed', call, attempt, code, message, charged: chargedOf(error), retryInMs })
    if (ends !== undefined) throw ends
    if (code === 'rate-limited') limiter.blockUntil(clock() + delayMs)
    onNotice(`${call}: ${message} Trying again in ${(delayMs / 1000).toFixed(1)} s.`)
    return delayMs
  }

  async function attempt(call: PlannedEmbedCall, number: number, tried: { sent: boolean }): Promise<readonly Float32Array[]> {
    const request = asRequest(call.texts)
    const bound = inputTokenBound(request)
    const permit = await limiter.acquire(bound, { signal: options.stop })
    let usedTokens: number | undefined
    let ended: AttemptEnded | undefined
    try {
      const { callId, round } = call
      const fact: AttemptFact = {
        ...{ kind: 'attempt', callId, attempt: number, round, recovery: 'lost', at: clock() },
        ...{ reservedNanoUsd: worstCaseCost(request, price), reservedInputTokens: bound, reservedOutputTokens: 0 },
      }
      ended = await reservations.reserve(fact, options.stop)
      permit.sent()
      tried.sent = true
      const { rows, inputTokens } = await send(call, number, request)
      usedTokens = inputTokens
      return rows
    } finally {
      permit.release(usedTokens)
      ended?.()
    }
  }

  async function send(
    call: PlannedEmbedCall,
    attempt: number,
    request: GenerateRequest,
  ): Promise<{ rows: readonly Float32Array[]; inputTokens: number | undefined }> {
    const key = attemptKey(await runKey!, { callId: call.callId, attempt })
    const startedAt = clock()
    try {
      const { deadlineMs, abort, configKey } = options
      const { embeddings: rows, usage } = await withinLimits((signal) => embedder.embed(call.texts, { signal, key }), { deadlineMs, abort, configKey })
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
