import type { Verdict } from './read-verdict.ts'

/** Two verdicts on one item: the student's answer shown first, and shown second. */
export type Judgement = {
  readonly id: string
  readonly shownFirst: Verdict
  readonly shownSecond: Verdict
  /** Characters of the student's answer and of the one it is compared with, as Unicode code points. */
  readonly lengths: readonly [student: number, baseline: number]
}

/** 1 when the student's answer is preferred in both orders, 0 when the other is, ½ (a tie) when the verdicts disagree or are both “equal”. Source: MT-bench, Zheng 2023. */
export function preferenceOf({ shownFirst, shownSecond }: Pick<Judgement, 'shownFirst' | 'shownSecond'>): 0 | 0.5 | 1 {
  if (shownFirst === 'first' && shownSecond === 'second') return 1
  if (shownFirst === 'second' && shownSecond === 'first') return 0
  return 0.5
}

/** Both orders say the same of the two answers. */
export const isConsistent = ({ shownFirst, shownSecond }: Pick<Judgement, 'shownFirst' | 'shownSecond'>): boolean =>
  shownFirst === 'equal' ? shownSecond === 'equal' : shownSecond === (shownFirst === 'first' ? 'second' : 'first')

/** Length as Python's `len` counts it, which is what AlpacaEval uses. */
export const lengthOf = (text: string): number => [...text].length
