import {
  type AttemptFact,
  type Budget,
  type BudgetDecision,
  type CallFact,
  type GenerateRequest,
  type GenerateResult,
  type Ledger,
  type Limiter,
  type Price,
  SediError,
  type TextGenerator,
  toSediError,
} from '@sedi/spec'
import { canonicalJson, sha256 } from './hashes.ts'
import { costOfAnswer, inputTokenBound, toUsd, worstCaseCost } from './money.ts'
import { longestRetryAfterMs, retryDelayMs } from './retry.ts'

/** A call that is decided: what is asked, and its place in the run. */
export type PlannedCall = {
  readonly callId: string
  readonly round: number
  readonly index: number
  readonly stage: string
  readonly parentId: string | null
  readonly seedIds: readonly string[]
  readonly request: GenerateRequest
}

export type BuyerOptions = {
  readonly generator: TextGenerator
  readonly ledger: Ledger
  readonly budget: Budget
  readonly limiter: Limiter
  readonly price: Price | undefined
  readonly maxAttempts: number
  readonly clock: () => number
  /** Uniform in [0, 1): spreads retries; no part of any result. */
  readonly jitter: () => number
  /** Aborted when no new attempt may be sent; attempts in flight are awaited and recorded. */
  readonly stop: AbortSignal
  /** A failed attempt that will be tried again, in words. */
  readonly onRetry?: ((message: string) => void) | undefined
}

/**
 * Buys one completion: reserve the worst case, send, record the answer, settle. Tries again what may succeed later.
 * Every attempt is in the ledger before it is sent and has its outcome there before anything else happens with it.
 *
 * Throws `budget-exhausted` when the reserve does not fit and nothing in flight can make room, `aborted` when stopped before an
 * attempt, `storage` when the ledger cannot record, else the provider's error once it is final or `maxAttempts` are used up.
 */
export function createBuyer(options: BuyerOptions): { buy(call: PlannedCall, attemptsBefore: number): Promise<CallFact> } {
  const { generator, ledger, limiter, price, clock, stop } = options
  const room = createRoom()

  async function buy(call: PlannedCall, attemptsBefore: number): Promise<CallFact> {
    for (let failed = 0; ; ) {
      try {
        return await attempt(call, attemptsBefore + failed + 1)
      } catch (thrown) {
        const error = toSediError(thrown)
        failed++
        if (!error.retryable || failed >= options.maxAttempts) throw error
        const delay = retryDelayMs(error, failed, options.jitter())
        if (delay > longestRetryAfterMs) throw error
        if (error.code === 'rate-limited') limiter.blockUntil(clock() + delay)
        options.onRetry?.(
          `${call.callId}: ${error.message} Trying again in ${(delay / 1000).toFixed(1)} s (${failed} of ${options.maxAttempts} attempts failed).`,
        )
        await sleep(delay, stop)
      }
    }
  }

  async function attempt(call: PlannedCall, number: number): Promise<CallFact> {
    const inputTokens = inputTokenBound(call.request)
    const permit = await limiter.acquire(inputTokens + call.request.maxOutputTokens, { signal: stop })
    let usedTokens: number | undefined
    try {
      await reserve({
        kind: 'attempt',
        callId: call.callId,
        attempt: number,
        round: call.round,
        reservedNanoUsd: worstCaseCost(call.request, price),
        reservedInputTokens: inputTokens,
        reservedOutputTokens: call.request.maxOutputTokens,
        recovery: generator.recovery ?? 'lost',
        at: clock(),
      })
      const answered = await send(call, number)
      usedTokens = (answered.usage.inputTokens ?? inputTokens) + (answered.usage.outputTokens ?? 0)
      return answered
    } finally {
      permit.release(usedTokens)
      room.changed()
    }
  }

  /** Waits for calls in flight to settle while they may still make room for this one. */
  async function reserve(fact: AttemptFact): Promise<void> {
    for (;;) {
      const changed = room.nextChange()
      const decision = await options.budget.reserve(fact)
      if (decision.granted) return
      const needed = fact.reservedNanoUsd ?? 0
      if (decision.openNanoUsd === 0) {
        throw new SediError(
          'budget-exhausted',
          `The budget does not cover the next call: $${toUsd(decision.committedNanoUsd).toFixed(6)} are committed${byOthers(decision)} and the call may cost up to $${toUsd(needed).toFixed(6)}. Raise it to continue: sedi resume <run> --max-cost USD.`,
        )
      }
      await changed
      if (stop.aborted) throw stopped()
    }
  }

  async function send(call: PlannedCall, number: number): Promise<CallFact> {
    const startedAt = clock()
    try {
      return await recordAnswer(call, number, await ask(call.request), startedAt)
    } catch (thrown) {
      const error = toSediError(thrown)
      if (error.code !== 'storage' && error.code !== 'conflict') await recordFailure(call, number, error, startedAt)
      throw error
    }
  }

  /** A refused prompt is refused again however often it is sent: it counts as an empty answer, so that the run can go on. */
  async function ask(request: GenerateRequest): Promise<GenerateResult> {
    try {
      return await generator.generate(request)
    } catch (error) {
      if (!SediError.is(error, 'content-refused')) throw error
      const usage = { inputTokens: 0, outputTokens: 0 }
      return { text: '', finishReason: 'content-filter', usage, modelId: generator.modelId, warnings: [error.message], raw: null }
    }
  }

  async function recordAnswer(call: PlannedCall, attempt: number, result: GenerateResult, startedAt: number): Promise<CallFact> {
    const at = clock()
    const latencyMs = Math.round(at - startedAt)
    const cost = costOfAnswer(call.request, result.text, result.usage, price)
    const answer: CallFact = {
      kind: 'call',
      ...call,
      requestHash: sha256(canonicalJson(call.request)),
      text: result.text,
      responseHash: sha256(canonicalJson([result.text, result.finishReason])),
      finishReason: result.finishReason,
      provider: generator.provider,
      modelId: result.modelId,
      usage: result.usage,
      costNanoUsd: cost.nanoUsd,
      warnings: cost.exact ? result.warnings : [...result.warnings, 'the provider did not report its tokens: the cost is an upper bound'],
      latencyMs,
      at,
    }
    const settled = { result: 'answered', charged: 'settled', costNanoUsd: cost.nanoUsd, errorCode: null, message: '' } as const
    await ledger.append([{ kind: 'outcome', callId: call.callId, attempt, ...settled, latencyMs, at }, answer])
    return answer
  }

  async function recordFailure(call: PlannedCall, attempt: number, error: SediError, startedAt: number): Promise<void> {
    const at = clock()
    const charged = error.details.charged === 'none' ? 'none' : 'uncertain'
    await ledger.append([
      {
        kind: 'outcome',
        callId: call.callId,
        attempt,
        result: 'failed',
        charged,
        costNanoUsd: charged === 'none' ? 0 : worstCaseCost(call.request, price),
        errorCode: error.code,
        message: error.message,
        latencyMs: Math.round(at - startedAt),
        at,
      },
    ])
  }

  return { buy }
}

function byOthers({ othersNanoUsd }: BudgetDecision): string {
  return othersNanoUsd === 0 ? '' : ` ($${toUsd(othersNanoUsd).toFixed(6)} of it by other runs that share the budget)`
}

/** Lets reservations wait until some attempt has ended. */
function createRoom(): { nextChange(): Promise<void>; changed(): void } {
  let announce = (): void => {}
  let change = new Promise<void>((resolve) => {
    announce = resolve
  })
  return {
    nextChange: () => change,
    changed() {
      announce()
      change = new Promise((resolve) => {
        announce = resolve
      })
    },
  }
}

const stopped = (): SediError => new SediError('aborted', 'Stopped before the next attempt was sent.')

function sleep(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (stop.aborted) return reject(stopped())
    const timer = setTimeout(done, ms)
    function done(): void {
      stop.removeEventListener('abort', left)
      resolve()
    }
    function left(): void {
      clearTimeout(timer)
      reject(stopped())
    }
    stop.addEventListener('abort', left, { once: true })
  })
}
