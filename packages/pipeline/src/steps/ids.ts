const pad = (value: number, width: number): string => String(value).padStart(width, '0')

/** `r03-c0012`: a call's place in the run. Calls count from 0 in their round, rounds from 1. */
export const callIdOf = (round: number, index: number): string => `r${pad(round, 2)}-c${pad(index, 4)}`

/** `r03-c0012-i07`: an item's place in its call. */
export const candidateIdOf = (callId: string, item: number): string => `${callId}-i${pad(item, 2)}`
