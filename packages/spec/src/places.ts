/*
 * What calls and items are called: their place in the run, so that a name is the same however often the run is interrupted. Names of calls of an
 * evaluation are others.
 */

const pad = (value: number, width: number): string => String(value).padStart(width, '0')

/** `r03`: a round, and its training job. Rounds count from 1. */
export const roundNameOf = (round: number): string => `r${pad(round, 2)}`

/** `r03-c0012`: a call’s place. Calls count from 0 in their round. */
export const callIdOf = (round: number, index: number): string => `${roundNameOf(round)}-c${pad(index, 4)}`

/** `r03-e0007`: a call for embeddings; numbered in the order they were begun. */
export const embedCallIdOf = (round: number, number: number): string => `${roundNameOf(round)}-e${pad(number, 4)}`

/** `r03-c0012-i07`: an item’s place in its call. */
export const candidateIdOf = (callId: string, item: number): string => `${callId}-i${pad(item, 2)}`

/** `r03-c0012-i07-answer`: a question about an item, or about the items from there on. */
export const followUpIdOf = (candidateId: string, stage: string): string => `${candidateId}-${stage}`

/** The call a candidate’s item was in. */
export const callOfCandidate = (candidateId: string): string => candidateId.slice(0, candidateId.lastIndexOf('-i'))

/** 7 of `r03-c0012-i07`. */
export const itemOfCandidate = (candidateId: string): number => Number(candidateId.slice(candidateId.lastIndexOf('-i') + 2))

/** 3 of `r03-c0012`, `r03-e0007`, `r03-c0012-i07`. */
export const roundOfPlace = (id: string): number => Number.parseInt(id.slice(1), 10)

/** 12 of `r03-c0012`; undefined for every other call. */
export function indexOfCall(callId: string): number | undefined {
  const digits = /^r\d+-c(\d+)$/.exec(callId)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

export const isEmbedCallId = (callId: string): boolean => /^r\d+-e\d+$/.test(callId)
