export type EarlyStop = {
  /** Steps of each of the two means that are compared. */
  readonly patienceSteps: number
  /** Nats per target token by which the later mean must be lower, or training stops. */
  readonly minimumImprovement: number
}

/**
 * Whether a job that has had these losses, in step order, should stop: the mean over its last `patienceSteps` steps is not at least `minimumImprovement` below
 * the mean over the `patienceSteps` steps before them. Never before 2 × `patienceSteps` steps. Cost: O(patienceSteps).
 *
 * Only the losses decide, so a job that is continued after a crash stops at the same step. `shouldStop([3, 3, 2, 2], { patienceSteps: 2, minimumImprovement: 0.5 })` is
 * false: 3 → 2.
 */
export function shouldStop(losses: readonly number[], { patienceSteps, minimumImprovement }: EarlyStop): boolean {
  if (losses.length < 2 * patienceSteps) return false
  const mean = (from: number): number => losses.slice(from, from + patienceSteps).reduce((a, b) => a + b, 0) / patienceSteps
  const later = losses.length - patienceSteps
  return mean(later - patienceSteps) - mean(later) < minimumImprovement
}
