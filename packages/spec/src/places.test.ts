import { expect, it } from 'vitest'
import {
  callIdOf,
  callOfCandidate,
  candidateIdOf,
  embedCallIdOf,
  followUpIdOf,
  indexOfCall,
  isEmbedCallId,
  itemOfCandidate,
  roundNameOf,
  roundOfPlace,
} from './places.ts'

// They are keys in ledgers and parts of digests.
it('names places as they stand in ledgers', () => {
  expect([roundNameOf(3), callIdOf(3, 12), embedCallIdOf(3, 7), candidateIdOf('r03-c0012', 7), followUpIdOf('r03-c0012-i07', 'answer')]).toEqual([
    'r03',
    'r03-c0012',
    'r03-e0007',
    'r03-c0012-i07',
    'r03-c0012-i07-answer',
  ])
})

it.each([
  [1, 0, 0],
  [99, 9999, 99],
  [100, 10_000, 100],
])('reads what it wrote: round %i, call %i, item %i', (round, index, item) => {
  const callId = callIdOf(round, index)
  const candidateId = candidateIdOf(callId, item)
  expect([callOfCandidate(candidateId), itemOfCandidate(candidateId), indexOfCall(callId)]).toEqual([callId, item, index])
  expect([callId, candidateId, embedCallIdOf(round, index)].map(roundOfPlace)).toEqual([round, round, round])
  expect([callId, candidateId, embedCallIdOf(round, index)].map(isEmbedCallId)).toEqual([false, false, true])
  expect([candidateId, followUpIdOf(candidateId, 'answer'), embedCallIdOf(round, index)].map(indexOfCall)).toEqual([undefined, undefined, undefined])
})
