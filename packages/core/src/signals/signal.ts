/** What a trainer told about a step; null where it does not tell. */
export type TrainedStep = {
  /** Global optimiser step. */
  readonly step: number
  /** Mean negative log-likelihood per target token over the batch, nats. */
  readonly loss: number
  /** L2 norm of the gradient of the mean loss over the rows that counted, before clipping. */
  readonly gradNorm: number | null
  readonly targetTokens: number | null
  /** (B,) mean per target token of each row, nats. */
  readonly exampleLosses: readonly number[] | null
  /** (B,) mean log p(best token) − log p(target) of each row, nats. */
  readonly exampleGaps: readonly number[] | null
  /** (B,) mean over the target tokens of each row of ‖softmax − one-hot‖₂, 0 to √2. */
  readonly exampleErrors: readonly number[] | null
  /** (B,) rows that were left out of the loss; null without a mask. */
  readonly masked: readonly boolean[] | null
}

export type SignalInput = {
  readonly exampleIds: readonly string[]
  /** Undefined where the trainer tells nothing of its steps. */
  readonly trained: TrainedStep | undefined
  /** The step after it. */
  readonly next: TrainedStep | undefined
  /** Of a rule that needs a scorer: its figure for an example, where there is one. */
  readonly scoreOf: (exampleId: string) => number | null | undefined
  /** Of a rule that needs probes: how far the loss fell, in the round that trained this batch, on those in an example's cluster. */
  readonly probeDropOf: (exampleId: string) => number | null | undefined
}

/** What a rule needs from the trainer, or beside it; `probes`: a probe set, scored by the trained model after each round. */
export type SignalNeed = 'gradNorm' | 'loss' | 'exampleLosses' | 'exampleErrors' | 'scorer' | 'probes'

/** One file in `signals/` exports one of these; `id` is the file's name. What makes a batch attractive: higher is more so. */
export type SignalRule = {
  readonly id: string
  readonly title: string
  /** In words, for reports: “gradient norm”. */
  readonly measure: string
  readonly needs: readonly SignalNeed[]
  /** Place in the order in which `auto` looks for the strongest signal that there is; undefined: only when asked for. */
  readonly fallback?: number | undefined
  readonly source: string
  /** Null where the batch has no figure. */
  of(input: SignalInput): number | null
}
