import { type Fact, SediError } from '@sedi/spec'
import { counterChanges, type Reserved } from './counters.ts'
import { addToDigest, digestAddend } from './digest.ts'

/** What earlier facts say that a later one needs. */
export type Lookups = {
  /** What the attempt had reserved, by default the call's last one; undefined when there is no such attempt. */
  reservedBy(callId: string, attempt?: number): Reserved | undefined
  responseHashOf(callId: string): string | undefined
  groupOf(itemId: string): string | undefined
  /** The seeds that were shown in a call’s prompt. */
  seedsOf(callId: string): readonly string[]
  /** The seeds of the calls that the examples of a batch came from; one that several examples came from is named several times. */
  seedsOfBatch(step: number): readonly string[]
}

export type OffspringChange = {
  readonly seedId: string
  readonly children: number
  readonly kept: number
  readonly signals: number
  readonly signalTotal: number
}

/** What a fact says of the seeds behind it: what was written from them, and the gradient norms of the batches that it was trained in. */
export function offspringChanges(fact: Fact, lookups: Lookups): readonly OffspringChange[] {
  if (fact.kind === 'yield') {
    return lookups.seedsOf(fact.callId).map((seedId) => ({ seedId, children: fact.raw, kept: fact.kept, signals: 0, signalTotal: 0 }))
  }
  if (fact.kind !== 'step' || fact.gradNorm === null) return []
  const { gradNorm } = fact
  return lookups.seedsOfBatch(fact.step).map((seedId) => ({ seedId, children: 0, kept: 0, signals: 1, signalTotal: gradNorm }))
}

export function changesOf(fact: Fact, lookups: Lookups): Readonly<Record<string, number>> {
  return counterChanges(fact, () => {
    if (fact.kind === 'call' || fact.kind === 'embed-call') return lookups.reservedBy(fact.callId) ?? nothing
    if (fact.kind !== 'outcome') return nothing
    const reserved = lookups.reservedBy(fact.callId, fact.attempt)
    if (reserved === undefined) throw new SediError('internal', `An outcome of attempt ${fact.callId}/${fact.attempt} came without the attempt.`)
    return reserved
  })
}

const nothing: Reserved = { nanoUsd: 0, inputTokens: 0, outputTokens: 0 }

export function digestWith(digest: string, fact: Fact, lookups: Lookups): string {
  const addend = digestAddend(fact, (callId) => lookups.responseHashOf(callId) ?? '')
  return addend === undefined ? digest : addToDigest(digest, addend)
}
