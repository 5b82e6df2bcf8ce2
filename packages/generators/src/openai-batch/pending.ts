import { type GenerateResult, SediError } from '@sedi/spec'
import type { BatchLine } from './batch-lines.ts'
import type { KnownLine } from './known-batches.ts'

/** A request whose answer somebody waits for. */
export type Pending = {
  readonly id: string
  readonly run: string
  /** What is sent; undefined for one whose answer is fetched and that is never sent again. */
  readonly line: BatchLine | undefined
  /** `unknown`: not looked up yet. `ours`: in no batch yet. Else where it is. */
  place: 'unknown' | 'ours' | KnownLine
  readonly waiters: Set<Waiter>
}

/** One whose request is in a batch. */
export type InBatch = Pending & { readonly place: KnownLine }

export type Waiter = { readonly resolve: (result: GenerateResult) => void; readonly reject: (error: SediError) => void }

export function settle({ waiters }: Pending, answer: GenerateResult | SediError): void {
  for (const waiter of [...waiters]) {
    if (SediError.is(answer)) waiter.reject(answer)
    else waiter.resolve(answer)
  }
  waiters.clear()
}

/** The same error, saying that the attempt is not over: what it bought can still be fetched under its key. */
export function keptOpen(error: SediError): SediError {
  return new SediError(error.code, error.message, { details: { ...error.details, charged: 'uncertain', rejoin: true }, cause: error })
}

/** The waiting ended; what becomes of the request depends on where it is. */
export function leftAlone(provider: string, { place }: Pending, mayBeKnown: boolean): SediError {
  if (place === 'ours' || (place === 'unknown' && !mayBeKnown)) {
    return new SediError('aborted', `${provider}: stopped before the request was put into a batch.`, { details: { charged: 'none' } })
  }
  const details = { charged: 'uncertain', rejoin: true }
  return new SediError('aborted', `${provider}: stopped waiting. The batch goes on at the provider; its answers are fetched when the run is resumed.`, {
    details,
  })
}
