import type { Ledger } from '@sedi/spec'
import { begunConfigOf } from '../runs/run-config-of.ts'

/** Self-Instruct’s filter: ROUGE-L F above it is too similar. */
export const selfInstructThreshold = 0.7

/** A run’s own candidates under Self-Instruct’s filter. A replay of the same answers, not another run. */
export type ShadowBaseline = {
  readonly threshold: number
  /** Everything that was written, and what reached the similarity filter. */
  readonly raw: number
  readonly candidates: number
  readonly kept: number
  /** 1 − kept / raw; null when nothing was written. */
  readonly rejectedShare: number | null
  /** Dollars for each instruction kept, of the same bill; null when a price is unknown or nothing was kept. */
  readonly costPerKeptUsd: number | null
  /** The run’s own filter decides as this one does. */
  readonly sameFilter: boolean
}

/**
 * What Self-Instruct’s filter (ROUGE-L at 0.7, no semantic filter) would have kept of the same stream, exactly, with the run’s tokenizer. Its prompts would
 * have been the same only as long as no seed had changed, and a target of kept instructions would have been met later: so it says what
 * the filter is worth on these answers and nothing about accuracy.
 *
 * Cost: one pass over the candidates, about 25 µs each in pools of tens of thousands: 1.2 s for 50,000.
 */
export async function shadowBaseline(
  ledger: Ledger,
  { onProgress }: { readonly onProgress?: ((done: number) => void) | undefined } = {},
): Promise<ShadowBaseline> {
  // Here, so that whoever looks at a run without it does not load every filter there is.
  const { replayCosts } = await import('./replay-costs.ts')
  const { filter } = await begunConfigOf(ledger)
  const { raw, candidates, thresholds } = await replayCosts({ ledger }, [selfInstructThreshold], { wordsOnly: true, onProgress })
  const { kept, rejectedShare, costPerKeptUsd } = thresholds[0]!
  const sameFilter = filter.threshold === selfInstructThreshold && filter.semantic === undefined
  return { threshold: selfInstructThreshold, raw, candidates, kept, rejectedShare, costPerKeptUsd, sameFilter }
}
