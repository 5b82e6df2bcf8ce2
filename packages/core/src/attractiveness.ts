/** A trained batch and its signal. */
export type BatchSignal = {
  /** Global optimiser step. */
  readonly step: number
  /** The raw signal: for SeDi-Instruct the L2 norm of the batch's gradient before clipping. */
  readonly signal: number
  /** Answer tokens in the batch; needed for adjusted signals only. */
  readonly targetTokens?: number | null | undefined
}

/** The steps between two closings: everything after the previous multiple of the window's length, up to `end`. */
export type FeedbackWindow = { readonly end: number; readonly batches: readonly BatchSignal[] }

/**
 * Cuts steps into windows that close at every multiple of `everySteps`; steps after the last multiple wait for theirs.
 * `after` is the last step already used (a multiple); windows ending at or before it are not returned.
 * Source: METHOD 2.4 (`global_step % P == 0`).
 */
export function closedWindows(batches: readonly BatchSignal[], everySteps: number, after = 0): FeedbackWindow[] {
  if (!Number.isInteger(everySteps) || everySteps < 1) throw new RangeError(`closedWindows: expected everySteps ≥ 1, got ${everySteps}`)
  const ordered = batches.filter((batch) => batch.step > after).sort((a, b) => a.step - b.step)
  const last = ordered.at(-1)?.step ?? 0
  const windows: FeedbackWindow[] = []
  for (let end = (Math.floor(after / everySteps) + 1) * everySteps; end <= last; end += everySteps) {
    const inside = ordered.filter((batch) => batch.step > end - everySteps && batch.step <= end)
    if (inside.length > 0) windows.push({ end, batches: inside })
  }
  return windows
}

/**
 * The `count` most attractive batches of a window, most attractive first; ties go to the earlier step.
 * Batches whose signal is not a finite number are left out.
 */
export function attractiveBatches(window: FeedbackWindow, count: number, { adjust = false }: { readonly adjust?: boolean | undefined } = {}): BatchSignal[] {
  const usable = window.batches.filter((batch) => Number.isFinite(batch.signal))
  const scores = adjust ? adjustedSignals(usable) : usable.map((batch) => batch.signal)
  return usable
    .map((batch, i) => ({ batch, score: scores[i]! }))
    .sort((a, b) => b.score - a.score || a.batch.step - b.batch.step)
    .slice(0, Math.max(0, count))
    .map(({ batch }) => batch)
}

/**
 * Signals as z-scores inside their window, minus what a least-squares line on ln(target tokens) explains:
 * short answers make large gradients, and a falling loss makes early ones larger. Zeros when all signals are equal.
 * Source: METHOD 2.4, `sedi_adj`; ours, not the paper's.
 */
export function adjustedSignals(batches: readonly BatchSignal[]): number[] {
  const z = standardised(batches.map((batch) => batch.signal))
  const lengths = batches.map((batch) => Math.log(Math.max(1, batch.targetTokens ?? 1)))
  const meanLength = mean(lengths)
  let covariance = 0
  let variance = 0
  for (let i = 0; i < z.length; i++) {
    covariance += z[i]! * (lengths[i]! - meanLength)
    variance += (lengths[i]! - meanLength) ** 2
  }
  const slope = variance > 0 ? covariance / variance : 0
  return z.map((value, i) => value - slope * (lengths[i]! - meanLength))
}

function standardised(values: readonly number[]): number[] {
  const centre = mean(values)
  const deviation = Math.sqrt(mean(values.map((value) => (value - centre) ** 2)))
  return values.map((value) => (deviation === 0 ? 0 : (value - centre) / deviation))
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
