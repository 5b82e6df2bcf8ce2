import type { BatchFact, RejectionReason, SeedEventFact } from '../facts.ts'
import type { Verification } from '../generation.ts'

/** Everything that is known of one seed: how it came, what was written when the teacher saw it, how it ended. Dollars; signals in the signal’s unit. */
export type SeedStory = {
  readonly seedId: string
  readonly origin: 'human' | 'machine'
  /** The rule by which the run’s seeds change (`seedPolicy.rule`), and the signal its batches have; `used`: whether the rule looks at it. */
  readonly rule: string
  readonly signal: { readonly id: string; readonly measure: string; readonly used: boolean; readonly meanOfRun: number | null } | null
  /** Each time it joined and left the seed set, in order. */
  readonly entries: readonly SeedEntry[]
  /** What the verifier says of its own answer; null in a run without one. */
  readonly answer: (Verification & { readonly by: string }) | null
  /** By round, for rounds in which it was shown. */
  readonly rounds: readonly SeedRound[]
  readonly total: SeedFigures
  /** The kept children that became seeds themselves, in order. */
  readonly heirs: readonly { readonly seedId: string; readonly round: number; readonly evictedInRound: number | null }[]
  readonly cost: {
    /** The prompts that showed it, with all that was asked later about their items; each showed other seeds as well. Null when a price is unknown. */
    readonly usd: number | null
    readonly perKeptUsd: number | null
    /** The same of the whole run. */
    readonly perKeptOfRunUsd: number | null
    readonly seedsPerPrompt: number
  }
  readonly end: {
    readonly state: 'seed' | 'evicted'
    /** Rounds that were complete when this was told. */
    readonly roundsDone: number
    readonly runState: string
    /** The seed set then, how many of it were human, and how many have to stay so (`seedPolicy.protectHuman`). */
    readonly seeds: number
    readonly humans: number
    readonly humanFloor: number
  }
}

/** One stay in the seed set. */
export type SeedEntry = {
  readonly added: SeedEventFact
  /** The batch it was picked from, where it was. */
  readonly batch: (Pick<BatchFact, 'step' | 'round' | 'epoch' | 'composer' | 'diversity'> & { readonly rows: number; readonly signal: number | null }) | null
  /** Whose place it took; null for those that were there from the beginning. */
  readonly inPlaceOf: Pick<SeedEventFact, 'seedId' | 'origin' | 'reason'> | null
  /** Whether it had to pass the checks before promotion (`feedback.verify`). */
  readonly verified: boolean
  readonly evicted: SeedEventFact | null
  /** Who got its place. */
  readonly replacedBy: string | null
}

export type SeedRound = SeedFigures & { readonly round: number; readonly heirs: number }

/** What came of prompts that showed the seed. Its children are the items written there, whichever of the shown seeds they resemble. */
export type SeedFigures = {
  /** Prompts that showed it, of all. */
  readonly shown: number
  readonly prompts: number
  readonly written: number
  readonly kept: number
  readonly rejected: Readonly<Partial<Record<RejectionReason, number>>>
  /** Kept children in which a check saw something. */
  readonly flagged: number
  /** Kept children whose answer the verifier calls wrong, of those it can judge; null in a run without one. */
  readonly wrong: { readonly count: number; readonly of: number } | null
  /** Kept children that were in a batch; of those, how many a mask left out of a loss at least once (null without a mask). */
  readonly trained: number
  readonly masked: number | null
  /** Median over the children of their gap at the first visit, nats per token; null where no trainer told. */
  readonly medianFirstGap: number | null
  /** Mean signal of the batches its kept children were in, once for each child and batch; null without one. */
  readonly meanSignal: number | null
}
