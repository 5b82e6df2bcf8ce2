import type { Progress } from '@sedi/kit'

// Rough shares of a round's time, only for the time that is left; a round without training is all generation.
const stageStart = { generate: 0, compose: 0.35, train: 0.4, reseed: 0.95, evaluate: 0.96, done: 1 } as const
const stageShare = { generate: 0.35, compose: 0.05, train: 0.55, reseed: 0.01, evaluate: 0.04, done: 0 } as const

/** How much of a run is behind it, 0 to 1. */
export function shareOf({ round, rounds, stage, done, planned }: Progress, { trains }: { readonly trains: boolean }): number {
  if (stage === 'done') return 1
  const within = planned === undefined || planned === 0 ? 0 : Math.min(1, done / planned)
  const ofRound = trains ? stageStart[stage] + stageShare[stage] * within : stage === 'generate' ? within : 1
  return Math.max(0, round - 1 + ofRound) / rounds
}

/** Reckons the time that is left from the share of the run that this process has seen go by. */
export function createTimeLeft(clock: () => number): (share: number) => number | undefined {
  const startedAt = clock()
  let firstShare: number | undefined
  return (share) => {
    firstShare ??= share
    const elapsedMs = clock() - startedAt
    const done = share - firstShare
    return done < 0.02 || elapsedMs < 2000 || share >= 1 ? undefined : (elapsedMs * (1 - share)) / done
  }
}
