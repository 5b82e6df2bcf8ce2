/**
 * Holm's step-down adjustment of p values of contrasts that were listed beforehand, in the order given:
 * `max over the smaller ones of (m − rank + 1)·p`, at most 1. Reject where the adjusted p is below α; the chance of any false rejection is then
 * at most α. Source: Holm 1979; as statsmodels `multipletests(p, method='holm')`. Throws RangeError for what is no probability.
 */
export function holm(pValues: readonly number[]): number[] {
  const bad = pValues.findIndex((p) => !(p >= 0 && p <= 1))
  if (bad >= 0) throw new RangeError(`holm: expected probabilities, got ${pValues[bad]} at position ${bad}`)
  const order = pValues.map((_, i) => i).sort((i, j) => pValues[i]! - pValues[j]!)
  const adjusted = new Array<number>(pValues.length)
  let largest = 0
  order.forEach((i, rank) => {
    largest = Math.max(largest, Math.min(1, (pValues.length - rank) * pValues[i]!))
    adjusted[i] = largest
  })
  return adjusted
}
