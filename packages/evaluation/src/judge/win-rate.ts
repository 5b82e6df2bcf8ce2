import { isConsistent, type Judgement, preferenceOf } from './judgement.ts'

export type WinRate = {
  readonly items: number
  readonly wins: number
  readonly losses: number
  readonly ties: number
  /** (wins + ties / 2) / items, 0 to 1. */
  readonly winRate: number
  /** Standard error of the mean over items; NaN below two items. */
  readonly standardError: number
  /** Share of items whose two verdicts agree. Low: the judge looks at the order more than at the answers. */
  readonly consistency: number
  /** Of the verdicts that prefer one answer, the share that prefers the one shown first; ½ is fair. NaN when none prefers any. */
  readonly firstSlotRate: number
  /** Mean characters of the two answers. */
  readonly meanLengths: readonly [student: number, baseline: number]
}

/** What a judge said over all items, in figures. Throws RangeError without any: there is no rate of nothing. */
export function winRateOf(judgements: readonly Judgement[]): WinRate {
  const items = judgements.length
  if (items === 0) throw new RangeError('winRateOf: expected at least one judgement, got none')
  const preferences: readonly number[] = judgements.map(preferenceOf)
  const winRate = mean(preferences)
  const squares = preferences.reduce((sum, preference) => sum + (preference - winRate) ** 2, 0)
  const decided = judgements.flatMap(({ shownFirst, shownSecond }) => [shownFirst, shownSecond]).filter((verdict) => verdict !== 'equal')
  return {
    items,
    wins: preferences.filter((preference) => preference === 1).length,
    losses: preferences.filter((preference) => preference === 0).length,
    ties: preferences.filter((preference) => preference === 0.5).length,
    winRate,
    standardError: items < 2 ? Number.NaN : Math.sqrt(squares / (items - 1) / items),
    consistency: judgements.filter(isConsistent).length / items,
    firstSlotRate: decided.filter((verdict) => verdict === 'first').length / decided.length,
    meanLengths: [mean(judgements.map(({ lengths }) => lengths[0])), mean(judgements.map(({ lengths }) => lengths[1]))],
  }
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
