import type { StudyWorld } from './study.ts'

/** Worlds on which rules may be tuned. */
export const tuningWorlds: readonly StudyWorld[] = [
  { id: 'careless', title: '8 % of the answers wrong, seed errors not inherited', teacher: { wrongAnswers: 0.08, inheritErrors: 0 } },
  {
    id: 'inheriting',
    title: '8 % wrong, and what is written from a wrong example is wrong six times in ten',
    teacher: { wrongAnswers: 0.08, inheritErrors: 0.6 },
  },
  { id: 'clean', title: 'every answer right', teacher: { wrongAnswers: 0, inheritErrors: 0 } },
]

/** Worlds of other kinds, run once, when a rule has been chosen. */
export const heldOutWorlds: readonly StudyWorld[] = [
  { id: 'stubborn', title: '12 % wrong, half of the errors the same each time', teacher: { wrongAnswers: 0.12, inheritErrors: 0.3, consistentErrors: 0.5 } },
  {
    id: 'narrow',
    title: 'a teacher with few favourite kinds that copies its examples',
    teacher: { kindSkew: 1.8, anchoring: 0.8, favouriteItems: 12, inheritErrors: 0.6 },
  },
  {
    id: 'free',
    title: 'a teacher that hardly follows its examples, one answer in six wrong',
    teacher: { anchoring: 0.3, wrongAnswers: 0.16, inheritErrors: 0.6, kindSkew: 0.6 },
  },
]
