import type { StudyWorld } from './study.ts'

const everyday = { universe: 'everyday', base: 'study-base-everyday', humanSeeds: 48 } as const

/**
 * A teacher of puzzles copies more than one of everyday questions: its texts are shorter, and with these settings a threshold of 0.7 rejects 55 %
 * of them and 0.85 29 % (1,600 texts, three teachers), near the stream that the everyday teacher is calibrated to.
 */
const digits = { universe: 'digits', base: 'study-base-digits', humanSeeds: 30 } as const
const copying = { keepWord: 0.8, keepOperand: 0.6, favouriteItems: 20, anchoring: 0.6 }

/** Worlds on which rules may be tuned. */
export const tuningWorlds: readonly StudyWorld[] = [
  {
    ...{ id: 'inheriting', title: 'puzzles, 30 human seeds; 8 % wrong, and what is written from a wrong example is wrong six times in ten' },
    ...{ ...digits, teacher: { ...copying, wrongAnswers: 0.08, inheritErrors: 0.6 } },
  },
  {
    ...{ id: 'few-seeds', title: 'puzzles, 12 human seeds; a teacher with strong preferences, 8 % wrong whatever the example' },
    ...{ ...digits, humanSeeds: 12, teacher: { ...copying, kindSkew: 1.6, wrongAnswers: 0.08, inheritErrors: 0.08 } },
  },
]

/** Where a mask may fail (FEEDBACK 7). */
export const doubtfulWorlds: readonly StudyWorld[] = [
  {
    ...{ id: 'weak-student', title: 'puzzles, 30 human seeds, a student that can do little yet; 8 % wrong, errors inherited' },
    ...{ ...digits, base: 'study-base-weak', teacher: { ...copying, wrongAnswers: 0.08, inheritErrors: 0.6 } },
  },
  {
    ...{ id: 'many-wordings', title: 'puzzles, 30 human seeds; four answers in ten are sentences in one of four wordings, 8 % wrong, errors inherited' },
    ...{ ...digits, teacher: { ...copying, rewordings: 0.4, wrongAnswers: 0.08, inheritErrors: 0.6 } },
  },
  {
    ...{ id: 'always-the-same', title: 'puzzles, 30 human seeds; 14 % wrong, and all errors the same each time' },
    ...{ ...digits, teacher: { ...copying, wrongAnswers: 0.14, inheritErrors: 0, consistentErrors: 1 } },
  },
]

/** Worlds of other kinds, run once, when a rule has been chosen. */
export const heldOutWorlds: readonly StudyWorld[] = [
  {
    ...{ id: 'everyday', title: 'questions of everyday life, another student, 48 human seeds; 8 % wrong, errors inherited six times in ten' },
    ...{ ...everyday, teacher: { wrongAnswers: 0.08, inheritErrors: 0.6 } },
  },
  {
    ...{ id: 'stubborn', title: 'puzzles, 20 human seeds; 14 % wrong, half of the errors the same each time, inherited three times in ten' },
    ...{ ...digits, humanSeeds: 20, teacher: { ...copying, wrongAnswers: 0.14, inheritErrors: 0.3, consistentErrors: 0.5 } },
  },
]
