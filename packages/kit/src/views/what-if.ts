import { createRng, distinctN, tokenizers } from '@sedi/core'
import { toUsd } from '@sedi/pipeline'
import type { CandidateFact, FactKind, FactOf, Ledger, Recorded } from '@sedi/spec'
import type { Thresholds } from '@sedi/spec/api'
import { replayCosts } from '../replay/replay-costs.ts'
import { begunConfigOf } from '../runs/run-config-of.ts'

export type WhatIfOptions = {
  readonly thresholds: readonly number[]
  /** Most texts that are replayed: the first so many, which says exactly what would have been kept of these. */
  readonly most: number
  readonly onProgress?: ((share: number) => void) | undefined
}

export type WhatIf = Omit<Thresholds, 'state' | 'progress' | 'problem'>

/** Below this there is nothing to draw texts from. */
const fewestToMeasure = 20
const drawn = 1000
const drawings = 5

/**
 * What a run would have kept at other thresholds, exactly, of its first texts. Cost: about 25 µs for each text and threshold in pools of tens of
 * thousands; memory the kept texts of all thresholds.
 */
export async function whatIf(ledger: Ledger, { thresholds, most, onProgress = () => {} }: WhatIfOptions): Promise<WhatIf> {
  const { filter } = await begunConfigOf(ledger)
  const { raw: written } = await ledger.totals()
  const looked = Math.min(most, written)
  const beginning = beginningOf(ledger, looked)
  const kept: string[][] = thresholds.map(() => [])
  const replay = await replayCosts({ ledger: beginning.ledger }, thresholds, {
    onVerdict: (text, place, isKept) => void (isKept && kept[place]!.push(text)),
    onProgress: (done) => onProgress(done / Math.max(1, looked)),
  })
  const isWhole = looked === written
  const size = Math.min(drawn, ...kept.map(({ length }) => length))
  return {
    thresholds: replay.thresholds.map(({ threshold, rejectedShare, costUsd, ...counts }, i) => {
      const cost = isWhole ? costUsd : beginning.costUsd()
      return {
        ...{ threshold, kept: counts.kept, rejected: counts.similar, rejectedShare, costUsd: cost },
        costPerKeptUsd: cost === null || counts.kept === 0 ? null : cost / counts.kept,
        distinct2: size < fewestToMeasure ? null : meanDistinct2(kept[i]!, size, tokenizers[filter.tokenizer]),
      }
    }),
    recorded: replay.recorded?.threshold == null ? null : { threshold: replay.recorded.threshold, kept: replay.recorded.kept },
    raw: replay.raw,
    sampled: isWhole ? null : looked,
    distinctOf: size < fewestToMeasure ? null : size,
  }
}

/** The same ledger as if the run had ended after so many texts. */
function beginningOf(ledger: Ledger, most: number): { readonly ledger: Ledger; costUsd(): number | null } {
  let nanoUsd: number | null = 0
  async function* scan<K extends FactKind>(kind: K, where: Partial<FactOf<K>> = {}, after?: number): AsyncGenerator<Recorded<FactOf<K>>> {
    let seen = 0
    for await (const fact of ledger.scan(kind, where, after)) {
      if (kind === 'candidate') {
        if (++seen > most) return
        const { costNanoUsd } = fact as unknown as CandidateFact
        nanoUsd = nanoUsd === null || costNanoUsd === null ? null : nanoUsd + costNanoUsd
      }
      yield fact
    }
  }
  return { ledger: { ...ledger, runId: ledger.runId, scan }, costUsd: () => (nanoUsd === null ? null : toUsd(nanoUsd)) }
}

/** Over sets of one size, because the share falls with the number of texts. */
function meanDistinct2(texts: readonly string[], size: number, tokenize: (text: string) => readonly string[]): number | null {
  const rng = createRng(1, 'what if', 'distinct')
  const values = Array.from({ length: drawings }, () => distinctN(rng.sample(texts, size).map(tokenize), 2))
  const mean = values.reduce((sum, value) => sum + value, 0) / drawings
  return Number.isNaN(mean) ? null : mean
}
