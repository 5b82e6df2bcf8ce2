import { toUsd } from '@sedi/pipeline'
import { type Ledger, SediError } from '@sedi/spec'
import { type DatasetMetrics, type MetricName, measureDatasets } from '../files/measure-datasets.ts'
import { createRejectionCurve, type RejectionPoint } from './rejection-curve.ts'
import { type FilterReplay, type ReplayedThreshold, type ReplayOptions, type ReplaySource, replayFilter } from './replay-filter.ts'

export type ReplayCostsOptions = ReplayOptions & {
  /** Measure how varied is what each threshold keeps: equal-size subsamples, as `measureDatasets`. @default false */
  readonly diversity?: boolean | { readonly size?: number | undefined; readonly repetitions?: number | undefined } | undefined
  /** What the texts of a file cost; a run knows. */
  readonly costUsd?: number | undefined
  /** Told when the replay is done and measuring begins. */
  readonly onMeasure?: (() => void) | undefined
}

/** A recorded stream under several thresholds: what each keeps, for how much, how varied, and how its rejections grow with the pool. */
export type ReplayCosts = Omit<FilterReplay, 'thresholds'> & {
  /** What the stream cost; null when nobody knows. */
  readonly cost: StreamCost | null
  readonly thresholds: readonly ThresholdCosts[]
  /** How diversity was measured; null when it was not. Only sets of equal size compare. */
  readonly diversity: Pick<DatasetMetrics, 'size' | 'repetitions' | 'randomSeed'> | null
}

export type StreamCost = {
  readonly usd: number
  /** Part of it for questions asked about items that had passed the filter. */
  readonly followUpUsd: number
}

export type ThresholdCosts = ReplayedThreshold & {
  /** 1 − kept / everything written; null for an empty stream. */
  readonly rejectedShare: number | null
  /**
   * What the stream would have cost at this threshold: the same answers, and follow-ups only for what passes, at the run’s mean price of one.
   * Exact at the run’s own threshold and wherever nothing is asked later. Null when the cost is unknown.
   */
  readonly costUsd: number | null
  readonly costPerKeptUsd: number | null
  /** Mean and standard deviation over subsamples; null when it was not measured, or too little was kept to measure. */
  readonly diversity: DatasetMetrics['datasets'][number]['metrics'] | null
  /** From the first candidate to the last. */
  readonly curve: readonly RejectionPoint[]
}

/** Below this there is nothing to draw subsamples from. */
const fewestToMeasure = 20

/**
 * Replays a recorded stream at each threshold (exactly, see `replayFilter`) and puts money and variety beside what is kept. Nothing is bought.
 * The money is that of the run’s ledger; surplus answers and embeddings count in full at every threshold.
 *
 * Cost: that of the replay (about 25 µs for each candidate and threshold in pools of tens of thousands), some 7 s for each threshold whose diversity
 * is measured. Throws as `replayFilter` does.
 */
export async function replayCosts(source: ReplaySource, thresholds: readonly number[], options: ReplayCostsOptions = {}): Promise<ReplayCosts> {
  const { diversity = false, costUsd: given, onMeasure, onVerdict: tell, ...replaying } = options
  if (given !== undefined && 'ledger' in source) throw new SediError('invalid-config', '--cost is for data files; what a run cost is in its ledger.')
  const curves = thresholds.map(() => createRejectionCurve())
  const keptTexts: string[][] = thresholds.map(() => [])
  const replay = await replayFilter(source, thresholds, {
    ...replaying,
    onVerdict(text, place, kept) {
      curves[place]!.add(kept)
      if (kept && diversity !== false) keptTexts[place]!.push(text)
      tell?.(text, place, kept)
    },
  })
  const cost = 'ledger' in source ? await costOfRun(source.ledger) : given === undefined ? null : { usd: given, followUpUsd: 0 }
  if (diversity !== false) onMeasure?.()
  const measured = diversity === false ? null : await measure(thresholds, keptTexts, diversity === true ? {} : diversity)
  return {
    ...replay,
    cost,
    thresholds: replay.thresholds.map((one, place) => {
      const costUsd = costAt(one, cost, replay.recorded)
      return {
        ...one,
        rejectedShare: replay.raw === 0 ? null : 1 - one.kept / replay.raw,
        costUsd,
        costPerKeptUsd: costUsd === null || one.kept === 0 ? null : costUsd / one.kept,
        diversity: measured?.of(place) ?? null,
        curve: curves[place]!.points(),
      }
    }),
    diversity: measured?.settings ?? null,
  }
}

function costAt({ kept, unanswered = 0 }: ReplayedThreshold, cost: StreamCost | null, recorded: FilterReplay['recorded']): number | null {
  if (cost === null) return null
  if (cost.followUpUsd === 0 || recorded === null) return cost.usd
  return cost.usd - cost.followUpUsd + (cost.followUpUsd * (kept + unanswered)) / (recorded.kept + recorded.unanswered)
}

async function costOfRun(ledger: Ledger): Promise<StreamCost | null> {
  const { settledNanoUsd, unpricedCalls, followUpCalls } = await ledger.totals()
  if (unpricedCalls > 0) return null
  let followUps = 0
  if (followUpCalls > 0) for await (const { parentId, costNanoUsd } of ledger.scan('call')) if (parentId !== null) followUps += costNanoUsd ?? 0
  return { usd: toUsd(settledNanoUsd), followUpUsd: toUsd(followUps) }
}

type Measured = { readonly settings: ReplayCosts['diversity']; of(place: number): Readonly<Record<MetricName, { mean: number; sd: number }>> | null }

async function measure(
  thresholds: readonly number[],
  keptTexts: readonly (readonly string[])[],
  sizes: { readonly size?: number | undefined; readonly repetitions?: number | undefined },
): Promise<Measured | null> {
  const datasets = thresholds.map((_, place) => ({ name: String(place), texts: keptTexts[place]! })).filter(({ texts }) => texts.length >= fewestToMeasure)
  if (datasets.length === 0) return null
  const { datasets: figures, size, repetitions, randomSeed } = await measureDatasets(datasets, sizes)
  const byPlace = new Map(figures.map(({ name, metrics }) => [Number(name), metrics]))
  return { settings: { size, repetitions, randomSeed }, of: (place) => byPlace.get(place) ?? null }
}
