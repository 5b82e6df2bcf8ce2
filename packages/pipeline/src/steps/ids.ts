const pad = (value: number, width: number): string => String(value).padStart(width, '0')

/** `r03-c0012`: a call's place in the run. Calls count from 0 in their round, rounds from 1. */
export const callIdOf = (round: number, index: number): string => `r${pad(round, 2)}-c${pad(index, 4)}`

/** `r03-e0007`: a call for embeddings; numbered in the order they were begun. */
export const embedCallIdOf = (round: number, number: number): string => `r${pad(round, 2)}-e${pad(number, 4)}`

/** `r03-c0012-i07`: an item's place in its call. */
export const candidateIdOf = (callId: string, item: number): string => `${callId}-i${pad(item, 2)}`

/** `r03-c0012-i07-answer`: a question about an item, or about the items from there on. */
export const followUpIdOf = (candidateId: string, stage: string): string => `${candidateId}-${stage}`

/** The call a candidate's item was in. */
export const callOfCandidate = (candidateId: string): string => candidateId.slice(0, candidateId.lastIndexOf('-i'))

/** The round a candidate belongs to: 3 for `r03-c0012-i07`. */
export const roundOfCandidate = (candidateId: string): number => Number.parseInt(candidateId.slice(1), 10)
