import type { StudyArm } from './study.ts'

const relaxed = { filter: { threshold: 0.85 }, batches: { composer: 'random' }, seedPolicy: { rule: 'fixed' }, training: { mask: 'none' } }
const gap = { training: { mask: 'gap', maskClusterShare: 1 } }

/** The arms, by id. Each is a recipe and the keys in which it differs; promotions are checked for form only: nobody here tells the loop the right answers. */
export const studyArms = {
  'self-instruct': { id: 'self-instruct', title: 'threshold 0.7, random batches, fixed seeds', recipe: 'alpaca', config: {} },
  relaxed: { id: 'relaxed', title: 'threshold 0.85 alone: random batches, fixed seeds', recipe: 'sedi', config: relaxed },
  'relaxed-random': {
    id: 'relaxed-random',
    title: 'threshold 0.85, random batches, seeds replaced by lot',
    recipe: 'sedi',
    config: { ...relaxed, seedPolicy: { rule: 'random' }, feedback: { verify: false } },
  },
  batches: {
    id: 'batches',
    title: 'threshold 0.85 and batches spread over clusters, fixed seeds',
    recipe: 'sedi',
    config: { seedPolicy: { rule: 'fixed' }, training: { mask: 'none' } },
  },
  paper: { id: 'paper', title: 'the literal rule: hardest instructions of the top-norm batch, unverified', recipe: 'sedi-paper', config: {} },
  sedi: {
    id: 'sedi',
    title: 'recipe sedi as it was before the search: no mask, picks by lot from the top-norm batch',
    recipe: 'sedi',
    config: { feedback: { pick: 'random' }, training: { mask: 'none' } },
  },
  'relaxed-gap': { id: 'relaxed-gap', title: 'relaxed, with the gap mask', recipe: 'sedi', config: { ...relaxed, ...gap } },
  'guarded-gap': {
    id: 'guarded-gap',
    title: 'relaxed, with the gap mask, but never on clusters of which it would take more than half',
    recipe: 'sedi',
    config: { ...relaxed, training: { mask: 'gap', maskClusterShare: 0.5 } },
  },
  'relaxed-trim': { id: 'relaxed-trim', title: 'relaxed, with the trim mask', recipe: 'sedi', config: { ...relaxed, training: { mask: 'trim' } } },
  'visits-gap': {
    id: 'visits-gap',
    title: 'relaxed, with the gap mask and those trained on least often first',
    recipe: 'sedi',
    config: { ...relaxed, ...gap, batches: { composer: 'least-visited' } },
  },
  clean: { id: 'clean', title: 'a ceiling: relaxed, and a teacher that is never wrong', recipe: 'sedi', config: relaxed, teacher: { wrongAnswers: 0 } },
  'random-gap': {
    id: 'random-gap',
    title: 'seeds replaced by lot, with the gap mask',
    recipe: 'sedi',
    config: { ...relaxed, ...gap, seedPolicy: { rule: 'random' }, feedback: { verify: false } },
  },
  'attractive-gap': {
    id: 'attractive-gap',
    title: 'random unmasked instructions of the top-norm batch, with the gap mask',
    recipe: 'sedi',
    config: { ...gap, feedback: { pick: 'random-unmasked', verify: false } },
  },
  'coverage-gap': {
    id: 'coverage-gap',
    title: 'half of the seeds drawn for coverage from trusted instructions, with the gap mask',
    recipe: 'sedi',
    config: { ...relaxed, ...gap, seedPolicy: { rule: 'coverage' }, feedback: { verify: false } },
  },
  'bandit-gap': {
    id: 'bandit-gap',
    title: 'half of the seeds drawn by a bandit over clusters, rewarded by progress of their children, with the gap mask',
    recipe: 'sedi',
    config: { ...relaxed, ...gap, seedPolicy: { rule: 'bandit' }, feedback: { verify: false } },
  },
  'errors-gap': {
    id: 'errors-gap',
    title: 'random unmasked instructions of the batch with the largest errors (EL2N), with the gap mask',
    recipe: 'sedi',
    config: { ...gap, feedback: { signal: 'el2n', pick: 'random-unmasked', verify: false } },
  },
  'probes-gap': {
    id: 'probes-gap',
    title: 'random unmasked instructions of the batch whose clusters progressed most on probes, with the gap mask',
    recipe: 'sedi',
    config: { ...gap, feedback: { signal: 'probe-progress', pick: 'random-unmasked', verify: false } },
  },
} satisfies Readonly<Record<string, StudyArm>>
