import { expect, it } from 'vitest'
import { reference } from '../fixtures/metrics-reference.ts'
import { duplicateProfile } from './duplicate-profile.ts'

const { texts, nearest } = reference

// rouge_score 0.1.2: the highest RougeScorer(['rougeL']).score(a, b)['rougeL'].fmeasure over all other texts b, for each text a
it('equals rouge_score: nearest neighbours and shares above thresholds', () => {
  const profile = duplicateProfile(texts, [0.1, 0.25, 0.7, 0.85, 0.9])
  expect(profile.meanNearest).toBeCloseTo(nearest.reduce((sum, score) => sum + score, 0) / texts.length, 14)
  expect(profile.above).toEqual([0.1, 0.25, 0.7, 0.85, 0.9].map((threshold) => nearest.filter((score) => score > threshold).length / texts.length))
})

it('counts what repeats an earlier text: to the character, or in its words', () => {
  expect(duplicateProfile(texts, [])).toMatchObject({ exact: 1 / 16, sameWords: 2 / 16 })
  expect(duplicateProfile(['…', '…', '?!', 'a', 'A!'], [])).toMatchObject({ exact: 1 / 5, sameWords: 1 / 5, meanNearest: 2 / 5 })
})

it('is NaN for no texts and 0 for one', () => {
  expect(duplicateProfile([], [0.7])).toEqual({ exact: Number.NaN, sameWords: Number.NaN, meanNearest: Number.NaN, above: [Number.NaN] })
  expect(duplicateProfile(['a'], [0.7])).toEqual({ exact: 0, sameWords: 0, meanNearest: 0, above: [0] })
})
