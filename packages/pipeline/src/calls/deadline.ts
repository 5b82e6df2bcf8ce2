import { SediError } from '@sedi/spec'

// A longer timer fires at once (24.8 days).
const longestTimerMs = 2 ** 31 - 1
/** An adapter ends an attempt itself after its `timeoutMs`; so much later it is ended from outside. */
export const marginMs = 5000
/** So long an adapter may take to end an attempt itself, and to say what it may have cost. */
const graceMs = 2000

export type AttemptLimits = {
  /** Longest wait for the answer; undefined: the provider decides. */
  readonly deadlineMs: number | undefined
  /** Ends the attempt at once. */
  readonly abort: AbortSignal | undefined
  /** Where the adapter stands in the configuration, for advice. @default 'generator' */
  readonly configKey?: string | undefined
}

/**
 * One attempt, ended from outside when it takes too long or is aborted. The adapter is asked to end it; one that does not is left alone, and its
 * answer, should it still come, is lost. Rejects with `timeout` (to be tried again) or `aborted`, charged `uncertain`, unless the adapter knows better.
 */
export async function withinLimits<Result>(work: (signal: AbortSignal) => Promise<Result>, limits: AttemptLimits): Promise<Result> {
  const { deadlineMs, abort } = limits
  const end = new AbortController()
  let timedOut = false
  let cleanUp = (): void => {}
  const ended = new Promise<never>((_, reject) => {
    let grace: NodeJS.Timeout | undefined
    const stop = (error: SediError): void => {
      if (end.signal.aborted) return
      end.abort()
      grace = setTimeout(() => reject(error), graceMs)
    }
    const onDeadline = (): void => {
      timedOut = true
      stop(deadlineError(limits))
    }
    const onAbort = (): void =>
      stop(new SediError('aborted', 'The attempt was aborted while it was in flight. It may have been billed.', { details: uncertain }))
    const timer = deadlineMs === undefined ? undefined : setTimeout(onDeadline, Math.min(deadlineMs, longestTimerMs))
    abort?.addEventListener('abort', onAbort, { once: true })
    if (abort?.aborted === true) onAbort()
    cleanUp = () => {
      clearTimeout(timer)
      clearTimeout(grace)
      abort?.removeEventListener('abort', onAbort)
    }
  })
  ended.catch(() => {})
  try {
    return await Promise.race([work(end.signal), ended])
  } catch (error) {
    // The adapter says “aborted”, because that is what it was told; why, it cannot know.
    if (timedOut && SediError.is(error, 'aborted')) throw deadlineError(limits, error)
    throw error
  } finally {
    cleanUp()
  }
}

const uncertain = { charged: 'uncertain' } as const

function deadlineError({ deadlineMs, configKey = 'generator' }: AttemptLimits, cause?: SediError): SediError {
  const details = { charged: cause?.details.charged ?? 'uncertain' }
  return new SediError('timeout', `No answer within ${deadlineMs} ms. Raise ${configKey}.timeoutMs if the model needs longer.`, {
    retryable: true,
    details,
    cause,
  })
}
