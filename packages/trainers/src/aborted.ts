import { type CallOptions, SediError } from '@sedi/spec'

/** @param cause missing when nothing had been sent */
export function abortedError(cause?: unknown): SediError {
  return new SediError('aborted', 'The call to the trainer was aborted.', { details: { charged: cause === undefined ? 'none' : 'uncertain' }, cause })
}

export function throwIfAborted({ signal }: CallOptions): void {
  if (signal?.aborted) throw abortedError()
}
