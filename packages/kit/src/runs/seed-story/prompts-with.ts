import { type CallFact, type CandidateFact, callOfCandidate, type Ledger } from '@sedi/spec'

/** The prompts of a run that showed one seed, and what they brought. */
export type PromptsWith = {
  /** First questions that were answered, by round: all, and those that showed the seed. */
  readonly rounds: ReadonlyMap<number, { all: number; shown: number }>
  /** The answers to prompts that showed it. */
  readonly shown: readonly CallFact[]
  /** What these cost with all that was asked later about their items, in nanodollars; null when a price is unknown. */
  readonly costNanoUsd: number | null
  /** Every item written there, kept or not, in order. */
  readonly children: readonly CandidateFact[]
}

/** Reads every answer of the run once; cost O(answers + children). */
export async function promptsWith(ledger: Ledger, seedId: string): Promise<PromptsWith> {
  const rounds = new Map<number, { all: number; shown: number }>()
  const shown = new Map<string, CallFact>()
  let costNanoUsd: number | null = 0
  const pay = (cost: number | null): void => {
    costNanoUsd = costNanoUsd === null || cost === null ? null : costNanoUsd + cost
  }
  // A follow-up is recorded after the answer it is about.
  for await (const call of ledger.scan('call')) {
    if (call.parentId !== null) {
      if (shown.has(callOfCandidate(call.parentId))) pay(call.costNanoUsd)
      continue
    }
    const round = rounds.get(call.round) ?? { all: 0, shown: 0 }
    rounds.set(call.round, round)
    round.all++
    if (!call.seedIds.includes(seedId)) continue
    round.shown++
    shown.set(call.callId, call)
    pay(call.costNanoUsd)
  }
  // Answers are recorded as they arrive; places in the plan are the order of the run.
  const inOrder = [...shown.values()].sort((a, b) => a.round - b.round || a.index - b.index)
  const children: CandidateFact[] = []
  for (const { callId } of inOrder) children.push(...(await ledger.find('candidate', { callId })))
  return { rounds, shown: inOrder, costNanoUsd, children }
}
