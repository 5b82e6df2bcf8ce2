/** The step nearest to a place on the axis, of steps in ascending order; undefined without any. */
export function nearestStep(steps: readonly { readonly step: number }[], at: number): number | undefined {
  let [low, high] = [0, steps.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if (steps[middle]!.step < at) low = middle + 1
    else high = middle
  }
  const [after, before] = [steps[low]?.step, steps[low - 1]?.step]
  if (after === undefined || before === undefined) return after
  return at - before <= after - at ? before : after
}
