/** The place of the threshold nearest to the wanted one; of two equally near, the lower. −1 for none. */
export function nearestPlace(thresholds: readonly { readonly threshold: number }[], wanted: number): number {
  let best = -1
  thresholds.forEach(({ threshold }, i) => {
    if (best === -1 || Math.abs(threshold - wanted) < Math.abs(thresholds[best]!.threshold - wanted)) best = i
  })
  return best
}
