import type { RunConfig } from '@sedi/spec'
import type { RunAdapters, RunOptions } from '../run-context.ts'
import { type Buyer, createBuyer } from './buy-completion.ts'
import { marginMs } from './deadline.ts'
import { createQueuedBuyer } from './queued-buyer.ts'
import { createReservations, type Reservations } from './reserve.ts'
import { openTelemetry } from './telemetry/open-telemetry.ts'
import { runKeyOf, waitingAttempts } from './waiting-attempts.ts'

/** Calls in flight to begin with, where their number adapts. */
const startConcurrency = 8
/** After a pause for one of these the run begins with a single call. */
const inTrouble: readonly unknown[] = ['provider-response', 'timeout', 'rate-limited']

/** What a run has that matters to buying. */
export type BuyerSource = Pick<
  RunOptions,
  'ledger' | 'queue' | 'budget' | 'limiter' | 'clock' | 'jitter' | 'stop' | 'abort' | 'onNotice' | 'onEvent' | 'logTexts' | 'telemetry'
> & {
  readonly config: Pick<RunConfig, 'generator' | 'limits'>
  readonly adapters: Pick<RunAdapters, 'generator'>
  /** Shared with whatever else the process buys from the same budget. @default its own */
  readonly reservations?: Reservations | undefined
  /** One of several processes that make the run's calls. @default false */
  readonly others?: boolean | undefined
}

/** What buys a run's completions: one for the whole run, so that what it learns of the provider outlasts a round. */
export async function createRunBuyer(options: BuyerSource): Promise<Buyer> {
  const { config, ledger, queue } = options
  // Answers recorded before the session began are known to whoever asks for calls.
  if (queue !== undefined) return createQueuedBuyer({ ...options, queue, after: (await ledger.find('session')).at(-1)?.seq ?? 0 })
  const { generator } = options.adapters
  const keepsWork = generator.recovery === 'rejoin'
  const adapted = await ledger.find('adaptation', { provider: generator.provider, modelId: generator.modelId })
  return createBuyer({
    ...options,
    reservations: options.reservations ?? createReservations(options.budget, options),
    generator,
    price: config.generator.price,
    maxAttempts: config.limits.maxAttempts,
    concurrency: await concurrencyOf(options),
    deadlineMs: keepsWork ? undefined : config.generator.timeoutMs + marginMs,
    adapted: adapted.map(({ setting }) => setting),
    runKey: await runKeyOf(ledger),
    waitingAttempts: new Map(keepsWork ? (await waitingAttempts(ledger)).map(({ callId, attempt }) => [callId, attempt]) : []),
    telemetry: options.telemetry ?? (await openTelemetry({ runId: ledger.runId, texts: options.logTexts })),
  })
}

/** A provider that says how many calls suit it is taken at its word. */
async function concurrencyOf({ config, adapters, ledger }: BuyerSource): Promise<{ readonly most: number; readonly start: number } | undefined> {
  const { adaptive, concurrency: most } = config.limits
  if (!adaptive || adapters.generator.preferredConcurrency !== undefined) return undefined
  const paused = (await ledger.find('run-state')).findLast(({ state }) => state !== 'running')
  return { most, start: inTrouble.includes(paused?.errorCode) ? 1 : Math.min(most, startConcurrency) }
}
