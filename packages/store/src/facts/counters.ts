import { type CallFact, type Fact, type RejectionReason, type RoundTotals, rejectionReasons, type Totals } from '@sedi/spec'

/** The most that an attempt may cost and use. */
export type Reserved = { readonly nanoUsd: number; readonly inputTokens: number; readonly outputTokens: number }

/** What one more fact adds to the run's counters. The attempt that an outcome closes, or that an answer came of, is needed to know what it had reserved. */
export function counterChanges(fact: Fact, reserved: () => Reserved): Readonly<Record<string, number>> {
  switch (fact.kind) {
    case 'attempt':
      return { attempts: 1, openAttempts: 1, openNanoUsd: fact.reservedNanoUsd ?? 0, openTokens: fact.reservedInputTokens + fact.reservedOutputTokens }
    case 'outcome': {
      const { nanoUsd, inputTokens, outputTokens } = reserved()
      const closed = { openAttempts: -1, openNanoUsd: -nanoUsd, openTokens: -inputTokens - outputTokens }
      if (fact.charged !== 'uncertain') return closed
      return { ...closed, uncertainAttempts: 1, uncertainNanoUsd: fact.costNanoUsd ?? 0, uncertainTokens: inputTokens + outputTokens }
    }
    case 'call':
      return {
        calls: 1,
        ...(fact.parentId === null ? { [inRound('calls', fact.round)]: 1 } : { followUpCalls: 1 }),
        settledNanoUsd: fact.costNanoUsd ?? 0,
        unpricedCalls: fact.costNanoUsd === null ? 1 : 0,
        inputTokens: fact.usage.inputTokens ?? 0,
        cachedInputTokens: fact.usage.cachedInputTokens ?? 0,
        cacheWriteInputTokens: fact.usage.cacheWriteInputTokens ?? 0,
        outputTokens: fact.usage.outputTokens ?? 0,
        reasoningTokens: fact.usage.reasoningTokens ?? 0,
        uncertainTokens: unreportedTokens(fact, reserved),
      }
    case 'embed-call':
      return {
        embedCalls: 1,
        settledNanoUsd: fact.costNanoUsd ?? 0,
        unpricedCalls: fact.costNanoUsd === null ? 1 : 0,
        embedNanoUsd: fact.costNanoUsd ?? 0,
        inputTokens: fact.usage.inputTokens ?? 0,
        uncertainTokens: fact.usage.inputTokens === undefined ? reserved().inputTokens : 0,
      }
    case 'candidate':
      return fact.verdict === 'kept' ? { raw: 1, kept: 1 } : { raw: 1, [`rejected.${fact.reason}`]: 1 }
    case 'yield':
      return { [inRound('filtered', fact.round)]: 1 }
    case 'batch':
      return {
        batches: 1,
        [inRound('batchExamples', fact.round)]: fact.exampleIds.length,
        conflicts: fact.conflicts,
        ...(fact.diversity === null ? {} : { diverseBatches: 1, diversityNano: Math.round(fact.diversity * 1e9) }),
      }
    case 'step':
      return { steps: 1 }
    case 'seed-event':
      if (fact.round === 0) return {}
      return fact.action === 'add' ? { seedsPromoted: 1 } : { seedsEvicted: 1 }
    default:
      return {}
  }
}

/** What the provider did not count counts as the most it can be. */
function unreportedTokens({ usage }: CallFact, reserved: () => Reserved): number {
  if (usage.inputTokens !== undefined && usage.outputTokens !== undefined) return 0
  const most = reserved()
  return (usage.inputTokens === undefined ? most.inputTokens : 0) + (usage.outputTokens === undefined ? most.outputTokens : 0)
}

const inRound = (name: string, round: number): string => `${name}@${round}`

export function totalsOf(counters: ReadonlyMap<string, number>): Totals {
  const value = (name: string): number => counters.get(name) ?? 0
  return {
    calls: value('calls'),
    attempts: value('attempts'),
    openAttempts: value('openAttempts'),
    openNanoUsd: value('openNanoUsd'),
    uncertainAttempts: value('uncertainAttempts'),
    uncertainNanoUsd: value('uncertainNanoUsd'),
    openTokens: value('openTokens'),
    uncertainTokens: value('uncertainTokens'),
    settledNanoUsd: value('settledNanoUsd'),
    unpricedCalls: value('unpricedCalls'),
    inputTokens: value('inputTokens'),
    cachedInputTokens: value('cachedInputTokens'),
    cacheWriteInputTokens: value('cacheWriteInputTokens'),
    outputTokens: value('outputTokens'),
    reasoningTokens: value('reasoningTokens'),
    followUpCalls: value('followUpCalls'),
    embedCalls: value('embedCalls'),
    embedNanoUsd: value('embedNanoUsd'),
    raw: value('raw'),
    kept: value('kept'),
    rejected: Object.fromEntries(rejectionReasons.map((reason) => [reason, value(`rejected.${reason}`)])) as Record<RejectionReason, number>,
    batches: value('batches'),
    meanBatchDiversity: value('diverseBatches') === 0 ? null : value('diversityNano') / 1e9 / value('diverseBatches'),
    batchConflicts: value('conflicts'),
    steps: value('steps'),
    seedsPromoted: value('seedsPromoted'),
    seedsEvicted: value('seedsEvicted'),
    rounds: roundsOf(counters),
  }
}

function roundsOf(counters: ReadonlyMap<string, number>): RoundTotals[] {
  const rounds = new Set([...counters.keys()].filter((name) => name.includes('@')).map((name) => Number(name.split('@')[1])))
  const value = (name: string, round: number): number => counters.get(inRound(name, round)) ?? 0
  return [...rounds]
    .sort((a, b) => a - b)
    .map((round) => ({ round, calls: value('calls', round), filtered: value('filtered', round), batchExamples: value('batchExamples', round) }))
}
