import { type ErrorCode, SediError, toSediError } from '@sedi/spec'

/** One item that an evaluator could not score, and why. It has no score: neither 0 nor NaN. */
export type ItemFailure = {
  readonly itemId: string
  /** The reason in one word: `refused`, `off-format`, `cut-off`, or the error's code. */
  readonly reason: string
  readonly code: ErrorCode
  readonly message: string
}

/** Failures that say something of one item only, whoever they come from. */
const ofOneItem: readonly ErrorCode[] = ['context-length', 'content-refused', 'invalid-input', 'internal']

/**
 * What an evaluator threw, as a failure of that item. Throws it on when it concerns all items: a stop, a budget, a key, a disk, a provider in
 * trouble; going on would only fail them one by one.
 */
export function failureOfItem(itemId: string, thrown: unknown): ItemFailure {
  const error = toSediError(thrown)
  if (!concernsOneItem(error)) throw error
  const { reason } = error.details
  return { itemId, reason: typeof reason === 'string' ? reason : error.code, code: error.code, message: error.message }
}

function concernsOneItem({ code, details, retryable }: SediError): boolean {
  if (typeof details.reason === 'string' || ofOneItem.includes(code)) return true
  return code === 'provider-response' && !retryable && details.breaker !== true
}

/** There is no mean of nothing. */
export function nothingScored(evaluator: string, failures: readonly ItemFailure[]): SediError {
  const [first] = failures
  if (first === undefined) return new SediError('invalid-input', `${evaluator} had no items to score.`)
  return new SediError(
    first.code === 'internal' ? 'invalid-input' : first.code,
    `${evaluator} could score none of ${failures.length} items. The first, ${first.itemId}: ${first.message}`,
    {
      details: { failures: failures.slice(0, 20) },
    },
  )
}
