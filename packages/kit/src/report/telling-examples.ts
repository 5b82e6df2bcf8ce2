import type { CandidateFact, Ledger, Recorded, RejectionReason, SeedEventFact } from '@sedi/spec'
import { explain, type Parent } from '../runs/explain.ts'
import { type NearestText, nearestText } from '../runs/nearest-text.ts'
import { promotedSeeds } from '../runs/run-report.ts'

export type TellingExample = { readonly candidate: CandidateFact; readonly nearest: NearestText | undefined }

export type PromotedExample = {
  readonly seed: SeedEventFact
  readonly parents: readonly Parent[]
  readonly children: { readonly written: number; readonly kept: number }
}

/** Some of what was written, chosen by place alone, so that nobody has picked the beautiful ones. */
export type TellingExamples = {
  readonly kept: readonly TellingExample[]
  /** One or two of every reason. */
  readonly rejected: readonly TellingExample[]
  readonly promoted: readonly PromotedExample[]
}

const keptShown = 4
const promotedShown = 3

export async function tellingExamples(ledger: Ledger): Promise<TellingExamples> {
  const kept: number[] = []
  const rejected = new Map<RejectionReason, number[]>()
  for await (const page of ledger.columns('candidate', ['reason'])) {
    for (const { seq, reason } of page) {
      if (reason === null) kept.push(seq)
      else rejected.set(reason, [...(rejected.get(reason) ?? []).slice(0, 999), seq])
    }
  }
  const ofReasons = [...rejected.values()].flatMap((seqs) => spread(seqs, seqs.length > 20 ? 2 : 1))
  const promoted = await promotedSeeds(ledger)
  return {
    kept: await withNearest(ledger, await ledger.at('candidate', spread(kept, keptShown))),
    rejected: await withNearest(ledger, await ledger.at('candidate', ofReasons)),
    promoted: await Promise.all(spread(promoted, promotedShown).map((seed) => promotedExample(ledger, seed))),
  }
}

/** Evenly over a list, from the middle of as many parts. */
function spread<T>(items: readonly T[], most: number): T[] {
  const count = Math.min(most, items.length)
  return Array.from({ length: count }, (_, i) => items[Math.floor(((i + 0.5) * items.length) / count)]!)
}

async function withNearest(ledger: Ledger, candidates: readonly Recorded<CandidateFact>[]): Promise<TellingExample[]> {
  return Promise.all(candidates.map(async (candidate) => ({ candidate, nearest: await nearestText(ledger, candidate) })))
}

async function promotedExample(ledger: Ledger, seed: SeedEventFact): Promise<PromotedExample> {
  const explanation = await explain(ledger, seed.exampleId ?? seed.seedId)
  const { children, kept } = await ledger.offspring(seed.seedId)
  return { seed, parents: explanation.kind === 'instruction' ? explanation.parents : [], children: { written: children, kept } }
}
