import { toUsd } from '@sedi/pipeline'
import type { Ledger, RunConfig } from '@sedi/spec'
import { type DatasetMetrics, measureDatasets, readDataset } from '../../files/measure-datasets.ts'
import type { SpendingPoint } from '../../runs/compare/comparison.ts'
import { spendingOf } from '../../runs/compare/spending.ts'
import { countExisting, type ExistingTexts } from '../../runs/existing-texts.ts'
import { begunConfig } from '../../runs/run-config-of.ts'
import { type RunReport, reportRun } from '../../runs/run-report.ts'
import type { WritingModel } from '../provider-terms.ts'

/** Everything a data card says of a run, read from its ledger alone. */
export type CardFacts = {
  readonly report: RunReport
  readonly config: RunConfig
  readonly fingerprint: string
  readonly softwareVersion: string
  /** First and last recorded answer; undefined without one. */
  readonly made: { readonly from: number; readonly to: number } | undefined
  readonly writers: readonly Writer[]
  readonly embedders: readonly WritingModel[]
  readonly seeds: SeedFacts
  /** Null without `filter.against`. */
  readonly existing: ExistingTexts | null
  readonly spending: readonly SpendingPoint[]
  /** Kept instructions by ROUGE-L F to the most similar earlier text, in twentieths with their upper end; those similar to nothing are in the first. */
  readonly similarity: readonly number[]
  readonly diversity: DatasetMetrics | undefined
}

/** What one model was asked for. */
type Writer = WritingModel & {
  /** The question of the prompt strategy: `tasks`, `instructions`, `answer`. */
  readonly stage: string
  readonly calls: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly costUsd: number | null
}

type SeedFacts = {
  readonly human: number
  readonly promoted: number
  readonly evicted: number
  /** Rounds in which machine seeds came or went. */
  readonly rounds: number
  /** What the promoted ones were chosen by. */
  readonly signals: readonly string[]
}

const bins = 20

/** Cost: a pass over calls and candidates, and about 4 s for the diversity of thousands of texts. */
export async function readCardFacts(ledger: Ledger): Promise<CardFacts> {
  const [run] = await ledger.find('run')
  const report = await reportRun(ledger, false)
  const { writers, made } = await readWriters(ledger)
  const dataset = await readDataset(run!.runId, { ledger })
  return {
    report,
    config: begunConfig(run!),
    fingerprint: run!.fingerprint,
    softwareVersion: run!.softwareVersion,
    made,
    writers,
    embedders: await readEmbedders(ledger),
    seeds: await readSeeds(ledger),
    existing: await countExisting(ledger),
    spending: await spendingOf(ledger),
    similarity: await readSimilarity(ledger),
    diversity: dataset.texts.length < 20 ? undefined : await measureDatasets([dataset], { repetitions: 10 }),
  }
}

async function readWriters(ledger: Ledger): Promise<Pick<CardFacts, 'writers' | 'made'>> {
  const writers = new Map<string, { -readonly [K in keyof Writer]: Writer[K] } & { nanoUsd: number | null }>()
  let [from, to] = [Infinity, -Infinity]
  for await (const page of ledger.columns('call', ['provider', 'modelId', 'stage', 'usage', 'costNanoUsd', 'at'])) {
    for (const { provider, modelId: model, stage, usage, costNanoUsd, at } of page) {
      const key = JSON.stringify([provider, model, stage])
      const writer = writers.get(key) ?? { provider, model, stage, calls: 0, inputTokens: 0, outputTokens: 0, costUsd: null, nanoUsd: 0 }
      writers.set(key, writer)
      writer.calls++
      writer.inputTokens += usage.inputTokens ?? 0
      writer.outputTokens += usage.outputTokens ?? 0
      writer.nanoUsd = writer.nanoUsd === null || costNanoUsd === null ? null : writer.nanoUsd + costNanoUsd
      from = Math.min(from, at)
      to = Math.max(to, at)
    }
  }
  const all = [...writers.values()].map(({ nanoUsd, ...writer }) => ({ ...writer, costUsd: nanoUsd === null ? null : toUsd(nanoUsd) }))
  return { writers: all, made: all.length === 0 ? undefined : { from, to } }
}

async function readEmbedders(ledger: Ledger): Promise<WritingModel[]> {
  const found = new Map<string, WritingModel>()
  for await (const page of ledger.columns('embed-call', ['provider', 'modelId']))
    for (const { provider, modelId: model } of page) found.set(JSON.stringify([provider, model]), { provider, model })
  return [...found.values()]
}

async function readSeeds(ledger: Ledger): Promise<SeedFacts> {
  const events = await ledger.find('seed-event')
  const count = (wanted: (event: (typeof events)[number]) => boolean): number => events.filter(wanted).length
  return {
    human: count(({ action, origin }) => action === 'add' && origin === 'human'),
    promoted: count(({ action, origin }) => action === 'add' && origin === 'machine'),
    evicted: count(({ action }) => action === 'evict'),
    rounds: new Set(events.filter(({ origin }) => origin === 'machine').map(({ round }) => round)).size,
    signals: [...new Set(events.flatMap(({ action, signal }) => (action === 'add' && signal !== null ? [signal] : [])))],
  }
}

async function readSimilarity(ledger: Ledger): Promise<number[]> {
  const counts = new Array<number>(bins).fill(0)
  for await (const page of ledger.columns('candidate', ['verdict', 'nearestScore']))
    for (const { verdict, nearestScore } of page) if (verdict === 'kept') counts[Math.max(0, Math.ceil((nearestScore ?? 0) * bins) - 1)]!++
  return counts
}
