import {
  type CallFact,
  type GenerateRequest,
  type GenerateResult,
  type Ledger,
  type Limiter,
  type Price,
  type RateLimits,
  SediError,
  type TextGenerator,
  toSediError,
} from '@sedi/spec'
import { createAdaptiveConcurrency } from './adaptive-concurrency.ts'
import { type Attempt, adaptationFacts, answerFacts, attemptFact, chargedOf, excessOf, failureFact } from './attempt-facts.ts'
import { createBreaker } from './breaker.ts'
import { withinLimits } from './deadline.ts'
import { createEmptyAnswers } from './empty-answers.ts'
import { inputTokenBound } from './money.ts'
import type { AttemptEnded, Reservations } from './reserve.ts'
import { isFinal, longestBackoffMs, longestRetryAfterMs, retryDelayMs, tooLongToWait } from './retry.ts'
import { createRetryBudget } from './retry-budget.ts'
import type { RunEvent } from './run-events.ts'
import { sleep, stoppedError } from './sleep.ts'
import { type CallSpan, type CallTelemetry, noTelemetry } from './telemetry/call-telemetry.ts'
import { attemptKey } from './waiting-attempts.ts'

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
  readonly reservations: Reservations
  readonly limiter: Limiter
  readonly price: Price | undefined
  readonly maxAttempts: number
  /** Most calls in flight, and how many to begin with; undefined: `limiter` alone decides. */
  readonly concurrency?: { readonly most: number; readonly start: number } | undefined
  /** Longest wait for one answer; undefined: the provider decides. */
  readonly deadlineMs?: number | undefined
  /** Settings of the model that the ledger has an adaptation of. */
  readonly adapted?: readonly string[] | undefined
  /** What the keys of the run's attempts begin with. @default the run's name */
  readonly runKey?: string | undefined
  /** Attempts that an earlier process left with a provider that keeps its work, by call: they are continued, not made again. */
  readonly waitingAttempts?: ReadonlyMap<string, number> | undefined
  readonly clock: () => number
  /** Uniform in [0, 1): spreads retries; no part of any result. */
  readonly jitter: () => number
  /** Aborted when no new attempt may be sent; attempts in flight are awaited and recorded. */
  readonly stop: AbortSignal
  /** Aborted when attempts in flight are not to be awaited either: they are recorded as uncertain. */
  readonly abort?: AbortSignal | undefined
  /** Something a person should know: a retry, what a model does not accept. */
  readonly onNotice?: ((message: string) => void) | undefined
  readonly onEvent?: ((event: RunEvent) => void) | undefined
  /** Whether prompts and completions may be in events. */
  readonly logTexts?: boolean | undefined
  readonly telemetry?: CallTelemetry | undefined
}

export type Buyer = {
  /**
   * Buys one completion. Throws `budget-exhausted` when the reserve does not fit and nothing in flight can make room, `aborted` when stopped
   * before an attempt, `storage` when the ledger cannot record, else the provider's error once it is final, `maxAttempts` are used up, or the breaker opened.
   *
   * @param attemptsBefore attempts of this call that the ledger has
   * @param lapsed aborted when the call has become somebody else's: nothing more is sent, and what is in flight is ended, since its answer could
   * not be recorded
   */
  buy(call: PlannedCall, attemptsBefore: number, lapsed?: AbortSignal): Promise<CallFact>
}

/** A call's failed attempts, and whether the last one was sent at all: what keeps one from being sent is no failure of the provider. */
type Tried = {
  failed: number
  limited: number
  sent: boolean
  /** Aborted when nothing more of the call may be sent. */
  readonly stop: AbortSignal
  /** Aborted when an attempt in flight is not to be awaited either. */
  readonly abort: AbortSignal | undefined
}

type Retry = { readonly retryInMs: number; readonly error: SediError }

/** Failures that say the same of every call: nothing more is sent. */
const concernsAll: readonly string[] = ['invalid-credential', 'quota-exhausted']
/** Statuses of a provider, or of what stands before it, that is too busy. */
const overloadStatuses: readonly unknown[] = [429, 502, 503, 504, 529]

/**
 * What wraps a generator, for one run: reserve the worst case, send, record the answer, settle; try again what may succeed later; slow down
 * when the provider is busy; stop when it is in trouble. Every attempt is in the ledger before it is sent and has its outcome there before
 * anything else happens with it.
 */
export function createBuyer(options: BuyerOptions): Buyer {
  const { generator, ledger, limiter, reservations, price, clock, onEvent = () => {}, onNotice = () => {}, telemetry = noTelemetry } = options
  const halt = new AbortController()
  const stop = AbortSignal.any([options.stop, halt.signal])
  const breaker = createBreaker()
  const emptyAnswers = createEmptyAnswers()
  const retries = createRetryBudget()
  const adaptive = options.concurrency === undefined ? undefined : createAdaptiveConcurrency(options.concurrency)
  const adapted = new Set(options.adapted)
  let allowed: number | undefined
  let stated: RateLimits = {}
  let inFlight = 0
  let toldOfExcess = false
  // A provider that keeps its work answers many calls at once, hours later: one that fails says nothing of the others, and nobody waits for them to stop.
  const keepsWork = generator.recovery === 'rejoin'
  const waiting = new Map(options.waitingAttempts)
  const said = new Set<string>()
  allow('answers')

  async function buy(call: PlannedCall, attemptsBefore: number, lapsed?: AbortSignal): Promise<CallFact> {
    const tried: Tried = { failed: 0, limited: 0, sent: false, stop: either(stop, lapsed), abort: either(keepsWork ? stop : options.abort, lapsed) }
    const span = telemetry.begin(call, generator)
    try {
      for (let number = waiting.get(call.callId) ?? attemptsBefore + 1; ; number++) {
        const ended = await attempt(call, number, span, tried)
        if (!('retryInMs' in ended)) {
          span.answered(ended)
          return ended
        }
        span.retry(number, ended.error, ended.retryInMs)
        await sleep(ended.retryInMs, tried.stop, whyStopped)
      }
    } catch (thrown) {
      const ended = toSediError(thrown)
      const error = ended.code === 'aborted' && !goesOn(ended) ? (whyStopped() ?? ended) : ended
      span.failed(error)
      throw error
    }
  }

  /** How long to wait before the next attempt; throws what ends the call. */
  function planRetry(call: PlannedCall, number: number, error: SediError, tried: Tried): Retry {
    if (goesOn(error)) throw error
    if (error.code === 'aborted') throw whyStopped() ?? error
    const isLimited = error.code === 'rate-limited'
    if (isLimited) tried.limited++
    else tried.failed++
    const final = isFinal(error, { limited: tried.limited, other: tried.failed }, options.maxAttempts)
    const asked = retryDelayMs(error, tried.failed + tried.limited, options.jitter())
    const retryInMs = isLimited || final || keepsWork || retries.take() ? asked : Math.max(asked, longestBackoffMs * (0.75 + 0.5 * options.jitter()))
    const ends = final ? error : retryInMs > longestRetryAfterMs ? tooLongToWait(error, retryInMs, clock()) : halted(call, error)
    if (tried.sent) report(call, number, error, ends === undefined ? Math.round(retryInMs) : null)
    if (ends !== undefined) {
      if (concernsAll.includes(error.code) || (error.retryable && asked > longestRetryAfterMs)) halt.abort(ends)
      throw ends
    }
    if (isLimited) limiter.blockUntil(clock() + retryInMs)
    if (!keepsWork || !said.has(error.message))
      onNotice(`${call.callId}: ${error.message} Trying again in ${(retryInMs / 1000).toFixed(1)} s (${tried.failed + tried.limited} of its attempts failed).`)
    if (keepsWork) said.add(error.message)
    return { retryInMs, error }
  }

  /** The breaker's error when it opens with this failure, or has opened already. */
  function halted({ callId }: PlannedCall, error: SediError): SediError | undefined {
    if (halt.signal.aborted) return halt.signal.reason as SediError
    if (keepsWork) return undefined
    const reason = breaker.failed({ callId, code: error.code, message: error.message, at: clock() })
    if (reason === undefined) return undefined
    const opened = new SediError(error.code, `${reason}\nNothing more is sent. Look at the provider, then resume.`, {
      details: { breaker: true },
      cause: error,
    })
    onEvent({ level: 'error', event: 'breaker.opened', reason })
    halt.abort(opened)
    return opened
  }

  function whyStopped(): SediError | undefined {
    if (halt.signal.aborted) return halt.signal.reason as SediError
    return options.stop.aborted ? stoppedError() : undefined
  }

  /** One attempt: its answer, or when to try again. Throws what ends the call. */
  async function attempt(call: PlannedCall, number: number, span: CallSpan, tried: Tried): Promise<CallFact | Retry> {
    tried.sent = false
    const rejoin = waiting.get(call.callId) === number
    // Its money is held while it stands in line as well: whoever needs room can wait for it.
    let ended: AttemptEnded | undefined = rejoin ? reservations.rejoin() : undefined
    const asked = performance.now()
    const bound = inputTokenBound(call.request) + call.request.maxOutputTokens
    const permit = await limiter.acquire(bound, { signal: tried.stop }).catch((error: unknown) => {
      ended?.()
      throw error
    })
    span.waited(performance.now() - asked)
    let usedTokens: number | undefined
    inFlight++
    try {
      const begun: Attempt = { call, number, startedAt: clock() }
      if (rejoin) waiting.delete(call.callId)
      else ended = await reservations.reserve(attemptFact(begun, price, generator.recovery), tried.stop, whyStopped)
      const started = { ...begun, startedAt: clock() }
      tried.sent = true
      permit.sent()
      span.sent(started.startedAt)
      const answer = await send(started, rejoin, tried)
      usedTokens = (answer.usage.inputTokens ?? inputTokenBound(call.request)) + (answer.usage.outputTokens ?? 0)
      return answer
    } catch (thrown) {
      // Before the permit is given back: the next in line must not be sent into what this one met.
      return planRetry(call, number, toSediError(thrown), tried)
    } finally {
      inFlight--
      if (tried.sent) span.returned()
      permit.release(usedTokens)
      ended?.()
    }
  }

  async function send(attempt: Attempt, rejoin: boolean, tried: Tried): Promise<CallFact> {
    const { call, number } = attempt
    const texts = options.logTexts === true ? { messages: call.request.messages } : {}
    onEvent({ level: 'debug', event: 'call.sent', call: call.callId, attempt: number, inFlight, ...texts })
    try {
      return await recordAnswer(attempt, await ask(attempt, rejoin, tried))
    } catch (thrown) {
      const error = toSediError(thrown)
      if (error.code === 'storage' || error.code === 'conflict' || goesOn(error)) throw error
      learnLimits(error.details.rateLimits as RateLimits | undefined)
      if (isOverload(error)) {
        adaptive?.overloaded(attempt.startedAt, clock())
        allow('overload')
      }
      await ledger.append([failureFact(attempt, error, price, clock())])
      throw error
    }
  }

  /** A refused prompt is refused again however often it is sent: it counts as an empty answer, so that the run can go on. */
  async function ask({ call, number }: Attempt, rejoin: boolean, { abort }: Tried): Promise<GenerateResult> {
    try {
      const key = attemptKey(options.runKey ?? ledger.runId, { callId: call.callId, attempt: number })
      return await withinLimits((signal) => generator.generate(call.request, { signal, key, rejoin }), { deadlineMs: options.deadlineMs, abort })
    } catch (error) {
      if (!SediError.is(error, 'content-refused')) throw error
      const usage = { inputTokens: 0, outputTokens: 0 }
      return { text: '', finishReason: 'content-filter', usage, modelId: generator.modelId, warnings: [error.message], raw: null }
    }
  }

  async function recordAnswer(attempt: Attempt, result: GenerateResult): Promise<CallFact> {
    const at = clock()
    const [outcome, answer] = answerFacts(attempt, result, { generator, price, at })
    const learned = adaptationFacts(result, generator, adapted, at)
    await ledger.append([outcome, answer, ...learned])
    learnLimits(result.rateLimits)
    breaker.answered(at)
    retries.answered()
    adaptive?.answered({ latencyMs: at - attempt.startedAt, inFlight })
    allow('answers')
    for (const { setting, action, replacement, reason, modelId } of learned) {
      onEvent({ level: 'warn', event: 'model.adapted', model: modelId, setting, action, replacement })
      onNotice(`${modelId} does not accept ${setting}: ${adaptationInWords(action, replacement)} from now on. It said: ${reason}`)
    }
    const excess = toldOfExcess ? undefined : excessOf(attempt.call, result, price)
    if (excess !== undefined) {
      toldOfExcess = true
      onNotice(`${answer.callId}: ${excess}. Such a provider cannot be held to a budget exactly.`)
    }
    const useless = emptyAnswers.seen(answer)
    if (useless !== undefined) halt.abort(useless)
    const { callId: call, modelId: model, finishReason, latencyMs, usage, costNanoUsd } = answer
    const texts = options.logTexts === true ? { text: answer.text } : {}
    onEvent({ level: 'info', event: 'call.answered', call, attempt: attempt.number, model, finishReason, latencyMs, usage, costNanoUsd, ...texts })
    return answer
  }

  function learnLimits(limits: RateLimits | undefined): void {
    if (limits === undefined) return
    limiter.report(limits)
    if (limits.requests?.limit === stated.requests?.limit && limits.tokens?.limit === stated.tokens?.limit) return
    stated = limits
    const [requestsPerMinute, tokensPerMinute] = [limits.requests?.limit ?? null, limits.tokens?.limit ?? null]
    onEvent({ level: 'info', event: 'limits.stated', requestsPerMinute, tokensPerMinute })
  }

  function allow(because: 'answers' | 'overload'): void {
    if (adaptive === undefined || adaptive.limit === allowed) return
    limiter.allow(adaptive.limit)
    if (allowed !== undefined) onEvent({ level: 'info', event: 'concurrency.changed', allowed: adaptive.limit, because })
    allowed = adaptive.limit
  }

  function report({ callId: call }: PlannedCall, attempt: number, error: SediError, retryInMs: number | null): void {
    onEvent({ level: 'warn', event: 'call.failed', call, attempt, code: error.code, message: error.message, charged: chargedOf(error), retryInMs })
  }

  return { buy }
}

const either = <Signal extends AbortSignal | undefined>(signal: Signal, other: AbortSignal | undefined): Signal | AbortSignal =>
  other === undefined ? signal : AbortSignal.any([signal, other].filter((one) => one !== undefined))

/** Only the waiting has ended: the attempt goes on at its provider, and has no outcome yet. */
const goesOn = ({ details }: SediError): boolean => details.rejoin === true

const isOverload = ({ code, details }: SediError): boolean => code === 'rate-limited' || code === 'timeout' || overloadStatuses.includes(details.status)

const adaptationInWords = (action: string, replacement: string | null): string =>
  action === 'dropped' ? 'it is left out' : action === 'renamed' ? `it is sent as ${replacement}` : `${replacement ?? 'SeDi'} does its work`
