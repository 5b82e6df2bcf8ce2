import type { FeedbackWindow } from '../attractiveness.ts'
import type { SeedStanding } from '../evictions.ts'
import type { Rng } from '../rng.ts'

/** A trained batch, as a rule sees it. Rows in batch order. */
export type PolicyBatch = {
  readonly exampleIds: readonly string[]
  /** (B,) */
  readonly clusters: readonly number[] | null
  /** (B,) mean loss of each row when the batch was trained, nats per token. */
  readonly losses: readonly number[] | null
  /** (B,) rows that a mask left out of the loss. */
  readonly masked: readonly boolean[] | null
}

/** A kept instruction, as a rule sees it. */
export type PolicyExample = {
  readonly id: string
  readonly instruction: string
  /**
   * How firmly the student preferred another answer the first time it met this one, nats per token; null before that, or where the trainer
   * does not tell. After more visits it may have learned a wrong answer by heart (FEEDBACK 5).
   */
  readonly firstGap: number | null
  /** The seeds, or earlier instructions, in the prompt it was written from. */
  readonly parentIds: readonly string[]
  /** In this round's clustering; null where it was in none of the round's batches, or nothing was clustered. */
  readonly cluster: number | null
  /** The round of its first visit; null before that. */
  readonly firstRound: number | null
  /** Its loss at its first visit, nats per token; null before that, or where the trainer does not tell. */
  readonly firstLoss: number | null
  /** At its latest one; null before the second visit. */
  readonly lastLoss: number | null
}

export type SeedPolicySettings = {
  readonly topBatches: number
  readonly picksPerBatch: number
  /** Name of a rule in `picks/`. */
  readonly pick: string
  readonly adjust: boolean
  /** Share of the seed set that stays human. */
  readonly protectHuman: number
  readonly protectRounds: number
  /** First gap above which an instruction is not trusted, nats per token. */
  readonly trustGap: number
  readonly everySteps: number
}

export type SeedPolicyInput = {
  readonly round: number
  /** S, in order of entry. */
  readonly seeds: readonly SeedStanding[]
  /** Those that closed in this round. */
  readonly windows: readonly FeedbackWindow[]
  batchOf(step: number): PolicyBatch
  /** K, in order. */
  readonly pool: readonly PolicyExample[]
  readonly settings: SeedPolicySettings
  /** Name and measure of the signal, for reasons. */
  readonly signal: { readonly id: string; readonly measure: string } | undefined
  /** A stream of its own for each name. */
  rng(...name: (string | number)[]): Rng
}

/** An instruction that a rule would make a seed. The caller checks it: new to S, unlike everything in S, verified. */
export type Wish = {
  readonly exampleId: string
  /** At most one wish of a group and cluster is granted. */
  readonly cluster: number | string
  /** The attractive batch, where there is one. */
  readonly step: number | null
  readonly windowEnd: number | null
  /** What it was chosen by, and how much of it there was. */
  readonly signal: string | null
  readonly score: number | null
  readonly reason: string
}

/** Wishes in the order in which they should be tried, and how many of them may be granted. */
export type WishGroup = { readonly quota: number; readonly wishes: readonly Wish[] }

export type Departure = { readonly id: string; readonly score: number | null; readonly reason: string }

export type Revision = {
  readonly groups: readonly WishGroup[]
  /** Who makes room for `count` granted wishes; may name fewer, then as many wishes lapse. */
  evict(count: number): readonly Departure[]
}

/** One file in `seed-policies/` exports one of these; `id` is the file's name. How the seed set changes at the end of a round. */
export type SeedPolicy = {
  readonly id: string
  readonly title: string
  readonly source: string
  readonly needs: {
    /** A signal of batches. */
    readonly signal: boolean
    /** Clusters of the examples in a batch. */
    readonly clusters: boolean
    /** Gaps of examples. */
    readonly gaps: boolean
    /** Losses of examples. */
    readonly losses: boolean
  }
  revise(input: SeedPolicyInput): Revision
}

export const noChange: Revision = { groups: [], evict: () => [] }
