import { studyArms as arms } from './arms.ts'
import type { Contrast, Study } from './study.ts'
import { heldOutWorlds, tuningWorlds } from './worlds.ts'

/** The paper’s claims and the controls that they need (METHOD 4.4), in the order in which Holm’s method takes them. */
const claims: readonly Contrast[] = [
  { id: 'relaxed filter', regime: 'equal-steps', a: 'relaxed', b: 'self-instruct', measure: 'accuracy' },
  { id: 'relaxed filter, equal epochs', regime: 'equal-epochs', a: 'relaxed', b: 'self-instruct', measure: 'accuracy' },
  { id: 'cluster batches', regime: 'equal-steps', a: 'batches', b: 'relaxed', measure: 'accuracy' },
  { id: 'gap mask', regime: 'equal-steps', a: 'relaxed-gap', b: 'relaxed', measure: 'accuracy' },
  { id: 'literal feedback', regime: 'equal-steps', a: 'paper', b: 'batches', measure: 'accuracy' },
  { id: 'feedback against chance', regime: 'equal-steps', a: 'attractive-gap', b: 'random-gap', measure: 'accuracy' },
  { id: 'feedback against fixed seeds', regime: 'equal-steps', a: 'attractive-gap', b: 'relaxed-gap', measure: 'accuracy' },
  { id: 'coverage against fixed seeds', regime: 'equal-steps', a: 'coverage-gap', b: 'relaxed-gap', measure: 'accuracy' },
  { id: 'same data for less', regime: 'equal-kept', a: 'relaxed', b: 'self-instruct', measure: 'accuracy', margin: 1 },
  { id: 'cost of a kept instruction', regime: 'equal-kept', a: 'relaxed', b: 'self-instruct', measure: 'costUsdPerKept' },
]

const { 'self-instruct': selfInstruct, relaxed, 'relaxed-gap': relaxedGap } = arms

/** Three arms, three replicates, one world: minutes. Shows that everything runs; its intervals are wide. */
export const quickStudy: Study = {
  id: 'quick',
  worlds: [tuningWorlds[1]!],
  arms: [selfInstruct, relaxed, relaxedGap],
  regimes: ['equal-steps'],
  contrasts: claims.filter(({ id }) => id === 'relaxed filter' || id === 'gap mask'),
  size: { rounds: 5, calls: 60, steps: 100, epochs: 5, kept: 400, batchSize: 32, humanSeeds: 48, testItemsPerKind: 6, replicates: 3 },
  firstReplicate: 1,
}

const fullSize = { rounds: 10, calls: 200, steps: 400, epochs: 5, kept: 1200, batchSize: 32, humanSeeds: 48, testItemsPerKind: 10, replicates: 10 }

/** All arms and claims on the worlds that rules may be tuned on. */
export const fullStudy: Study = {
  id: 'full',
  worlds: tuningWorlds,
  arms: Object.values(arms),
  regimes: ['equal-steps', 'equal-epochs', 'equal-kept'],
  contrasts: claims,
  size: fullSize,
  firstReplicate: 101,
}

/** The same on worlds of other kinds; run once. */
export const heldOutStudy: Study = { ...fullStudy, id: 'held-out', worlds: heldOutWorlds, firstReplicate: 1001 }

export const studies: readonly Study[] = [quickStudy, fullStudy, heldOutStudy]
