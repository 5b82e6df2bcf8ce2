import { createRng } from '@sedi/core'
import { hierarchicalBootstrap, signFlipTest, tInterval } from '@sedi/evaluation'
import type { RunConfig } from '@sedi/spec'
import { changedKeys } from '../../config/fingerprint.ts'
import type { ModelScores } from './compare-scores.ts'
import type { ReplicateComparison } from './comparison.ts'

export type Replicate = { readonly label: string; readonly recipe: string; readonly config: RunConfig }

/** Runs that differ in nothing but their random seed, in the order in which their arms first appear. */
function armsOf<R extends Replicate>(runs: readonly R[]): R[][] {
  const arms: R[][] = []
  for (const run of runs) {
    const arm = arms.find(([one]) => changedKeys(one!.config, run.config).every((key) => key === 'randomSeed'))
    if (arm === undefined) arms.push([run])
    else arm.push(run)
  }
  return arms
}

/** Pairs of one random seed of two arms: at least two, else null. A run that repeats the seed of an earlier one of its arm is no replicate. */
export function pairsOf<R extends Replicate>(runs: readonly R[]): (readonly [R, R])[] | null {
  const arms = armsOf(runs)
  if (arms.length !== 2) return null
  const [first, second] = arms as [R[], R[]]
  const pairs = first.flatMap((one, i) => {
    if (first.slice(0, i).some(({ config }) => config.randomSeed === one.config.randomSeed)) return []
    const other = second.find(({ config }) => config.randomSeed === one.config.randomSeed)
    return other === undefined ? [] : [[one, other] as const]
  })
  return pairs.length < 2 ? null : pairs
}

/** The second arm − the first, over pairs of runs: what a single pair cannot say. */
export function compareReplicates(
  pairs: readonly (readonly [Replicate, Replicate])[],
  models: readonly ModelScores[],
  itemIds: readonly string[],
): ReplicateComparison | null {
  if (itemIds.length === 0) return null
  const scoresOf = ({ label }: Replicate) => models.find((model) => model.label === label)!.scores
  const perItem = pairs.map(([a, b]) => itemIds.map((id) => scoresOf(b).get(id)! - scoresOf(a).get(id)!))
  const differences = perItem.map((values) => values.reduce((total, value) => total + value, 0) / values.length)
  const { mean, low, high } = tInterval(differences)
  const { p } = signFlipTest(differences, { rng: createRng(1, 'compare', 'pairs') })
  const both = hierarchicalBootstrap([perItem], { rng: createRng(1, 'compare', 'pairs and items'), items: 'shared' })
  return {
    from: pairs.map(([a]) => a.label),
    to: pairs.map(([, b]) => b.label),
    fromRecipe: pairs[0]![0].recipe,
    toRecipe: pairs[0]![1].recipe,
    differences,
    mean,
    interval: { low, high },
    p,
    overItemsToo: { low: both.low, high: both.high },
  }
}
