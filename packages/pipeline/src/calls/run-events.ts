import type { ErrorCode, Message, Usage } from '@sedi/spec'

/**
 * What happens around calls, for logs. Never part of a result. No prompt, no completion and no key is in an event, except that `call.sent` and
 * `call.answered` carry the texts when the run was told to log them. The names are documented in docs/logs.md.
 */
export type RunEvent =
  | {
      readonly level: 'debug'
      readonly event: 'call.sent'
      readonly call: string
      readonly attempt: number
      readonly inFlight: number
      readonly messages?: readonly Message[]
    }
  | {
      readonly level: 'info'
      readonly event: 'call.answered'
      readonly call: string
      readonly attempt: number
      readonly model: string
      readonly finishReason: string
      readonly latencyMs: number
      readonly usage: Usage
      /** Nanodollars; null when the price is unknown. */
      readonly costNanoUsd: number | null
      readonly text?: string
    }
  | {
      readonly level: 'warn'
      readonly event: 'call.failed'
      readonly call: string
      readonly attempt: number
      readonly code: ErrorCode
      readonly message: string
      readonly charged: 'none' | 'uncertain'
      /** Until the next attempt; null when there is none. */
      readonly retryInMs: number | null
    }
  | { readonly level: 'info'; readonly event: 'limits.stated'; readonly requestsPerMinute: number | null; readonly tokensPerMinute: number | null }
  | { readonly level: 'info'; readonly event: 'concurrency.changed'; readonly allowed: number; readonly because: 'answers' | 'overload' }
  | {
      readonly level: 'warn'
      readonly event: 'model.adapted'
      readonly model: string
      readonly setting: string
      readonly action: string
      readonly replacement: string | null
    }
  | { readonly level: 'error'; readonly event: 'breaker.opened'; readonly reason: string }
