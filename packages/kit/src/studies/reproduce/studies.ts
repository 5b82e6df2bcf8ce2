import { studyArms as arms } from './arms.ts'
import type { Contrast, Study, StudyArm, StudySize } from './study.ts'
import { doubtfulWorlds, heldOutWorlds, tuningWorlds } from './worlds.ts'

const accuracy = (id: string, a: string, b: string, rest: Partial<Contrast> = {}): Contrast => {
  return { id, regime: 'equal-steps', a, b, measure: 'accuracy', ...rest }
}

const mask = accuracy('gap mask', 'relaxed-gap', 'relaxed')
const relaxedFilter = accuracy('relaxed filter', 'relaxed', 'self-instruct')

/** The paper’s claims and the controls that they need (METHOD 4.4). */
const claims: readonly Contrast[] = [
  relaxedFilter,
  accuracy('relaxed filter, equal epochs', 'relaxed', 'self-instruct', { regime: 'equal-epochs' }),
  accuracy('cluster batches', 'batches', 'relaxed'),
  accuracy('seeds by chance', 'relaxed-random', 'relaxed'),
  accuracy('literal feedback', 'paper', 'batches'),
  mask,
  accuracy('trim mask', 'relaxed-trim', 'relaxed'),
  accuracy('least visited first', 'visits-gap', 'relaxed-gap'),
  accuracy('the default recipe', 'sedi', 'relaxed'),
  accuracy('feedback against chance', 'attractive-gap', 'random-gap'),
  accuracy('feedback against fixed seeds', 'attractive-gap', 'relaxed-gap'),
  accuracy('coverage against fixed seeds', 'coverage-gap', 'relaxed-gap'),
  accuracy('ceiling of masks: right answers only', 'clean', 'relaxed-gap'),
  accuracy('same data for less', 'relaxed', 'self-instruct', { regime: 'equal-kept', margin: 1 }),
  { id: 'cost of a kept instruction', regime: 'equal-kept', a: 'relaxed', b: 'self-instruct', measure: 'costUsdPerKept' },
]

/** What the default recipe has to show on worlds that it was not chosen on. */
const ofTheDefault: readonly Contrast[] = [
  accuracy('the default over the baseline', 'sedi', 'self-instruct'),
  accuracy('the default over the relaxed filter alone', 'sedi', 'relaxed'),
  accuracy('the default over fixed seeds with the mask', 'sedi', 'relaxed-gap'),
  accuracy('the default over seeds by chance with the mask', 'sedi', 'random-gap'),
  mask,
  relaxedFilter,
  accuracy('the default over the baseline, equal epochs', 'sedi', 'self-instruct', { regime: 'equal-epochs' }),
  accuracy('the default for less', 'sedi', 'self-instruct', { regime: 'equal-kept', margin: 1 }),
  { id: 'cost of a kept instruction', regime: 'equal-kept', a: 'sedi', b: 'self-instruct', measure: 'costUsdPerKept' },
]

const size: StudySize = { rounds: 8, calls: 120, steps: 200, epochs: 5, kept: 600, batchSize: 32, testItemsPerKind: 8, replicates: 10 }

const armsOf = (contrasts: readonly Contrast[]): StudyArm[] =>
  Object.values<StudyArm>(arms).filter(({ id }) => contrasts.some(({ a, b }) => id === a || id === b))

/** Three arms, three replicates, one world: minutes. Shows that everything runs; its intervals are wide. */
export const quickStudy: Study = {
  id: 'quick',
  worlds: [tuningWorlds[0]!],
  arms: [arms['self-instruct'], arms.relaxed, arms['relaxed-gap']],
  regimes: ['equal-steps'],
  contrasts: [relaxedFilter, mask],
  size: { ...size, replicates: 3 },
  firstReplicate: 1,
}

/** All arms and claims on the worlds that rules may be tuned on. */
const fullStudy: Study = {
  id: 'full',
  worlds: tuningWorlds,
  arms: armsOf(claims),
  regimes: ['equal-steps', 'equal-epochs', 'equal-kept'],
  contrasts: claims,
  size,
  firstReplicate: 101,
}

/** More rules for seeds, on the same replicates as `full`. */
const rulesStudy: Study = {
  ...fullStudy,
  id: 'rules',
  arms: [arms['relaxed-gap'], arms['random-gap'], arms['bandit-gap'], arms['errors-gap'], arms['probes-gap']],
  contrasts: ['bandit-gap', 'errors-gap', 'probes-gap'].flatMap((rule) => [
    accuracy(`${rule} against fixed seeds`, rule, 'relaxed-gap'),
    accuracy(`${rule} against chance`, rule, 'random-gap'),
  ]),
}

/** What the guard of the mask costs where the mask helps, on the same replicates as `full`. */
const guardStudy: Study = {
  ...fullStudy,
  id: 'guard',
  arms: [arms.relaxed, arms['relaxed-gap'], arms['guarded-gap']],
  regimes: ['equal-steps', 'equal-epochs'],
  contrasts: [
    accuracy('the guard', 'guarded-gap', 'relaxed-gap', { margin: 1 }),
    accuracy('the guard, equal epochs', 'guarded-gap', 'relaxed-gap', { regime: 'equal-epochs', margin: 1 }),
    accuracy('gap mask, not over half of a cluster', 'guarded-gap', 'relaxed'),
  ],
}

/** The rule for seeds with the highest mean in `full` and `rules`. */
const candidate: StudyArm = { ...arms['coverage-gap'], id: 'sedi', title: `the candidate: ${arms['coverage-gap'].title}` }

/** The candidate on worlds of other kinds; run once. */
const heldOutStudy: Study = {
  ...fullStudy,
  id: 'held-out',
  worlds: heldOutWorlds,
  arms: armsOf(ofTheDefault).map((arm) => (arm.id === 'sedi' ? candidate : arm)),
  contrasts: ofTheDefault,
  firstReplicate: 1001,
}

/** Whether the mask holds where it has reasons to fail. A look, with half of the replicates: large failures are to be found, not small ones. */
const doubtsStudy: Study = {
  id: 'doubts',
  worlds: doubtfulWorlds,
  arms: [arms.relaxed, arms['relaxed-gap'], arms['guarded-gap'], arms['relaxed-trim']],
  regimes: ['equal-steps'],
  contrasts: [
    mask,
    accuracy('gap mask, not over half of a cluster', 'guarded-gap', 'relaxed'),
    accuracy('the guard', 'guarded-gap', 'relaxed-gap'),
    accuracy('trim mask', 'relaxed-trim', 'relaxed'),
  ],
  size: { ...size, replicates: 5 },
  firstReplicate: 2001,
}

export const studies: readonly Study[] = [quickStudy, fullStudy, rulesStudy, doubtsStudy, guardStudy, heldOutStudy]
