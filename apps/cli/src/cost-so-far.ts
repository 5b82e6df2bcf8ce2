import type { RunConfig, Totals } from '@sedi/spec'

/** In dollars; null where an answer had no price, or none will have one. */
export const costSoFar = ({ generator }: RunConfig, { unpricedCalls, settledNanoUsd }: Totals): number | null =>
  unpricedCalls > 0 || (generator.price === undefined && settledNanoUsd === 0) ? null : settledNanoUsd / 1e9
